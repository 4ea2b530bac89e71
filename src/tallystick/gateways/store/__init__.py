"""SQL: what must be kept and cannot be folded from the chain."""
