"""Bonds: how days count, when coupons fall, what is owed when."""
