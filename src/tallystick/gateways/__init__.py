"""The only part that does input and output."""
