"""Primary sales: what is offered, at which price, and who gets what of it."""
