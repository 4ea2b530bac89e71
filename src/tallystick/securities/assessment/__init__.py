"""Is it a security? Facts, arguments both ways, and a reasoned memo; never a bare yes or no."""
