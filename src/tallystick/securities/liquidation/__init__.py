"""Who gets what of the proceeds when a company is sold or wound up."""
