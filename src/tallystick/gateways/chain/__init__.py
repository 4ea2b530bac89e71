"""Chains: JSON-RPC client, contracts, keys, deployment, outbox, indexer and embedded node."""
