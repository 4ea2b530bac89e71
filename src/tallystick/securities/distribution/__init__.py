"""Distributions of money among the holders of a security: who gets what, and how it is proved."""
