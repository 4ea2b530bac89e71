"""Order books side by side: ours, a minimal one, and those of others, on the same events."""
