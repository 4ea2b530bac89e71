"""Books in Open Cap Format: kept as they were brought, carried on by what happens on the chain."""
