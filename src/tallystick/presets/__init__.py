"""Regulation presets as data, a TOML file each. `securities.presets` says what stands in them."""
