"""Commands and their effects: gather, ask the pure part to decide, apply."""
