"""Baskets: units that stand for other assets, created and redeemed in kind."""
