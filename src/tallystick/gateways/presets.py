"""The presets that come with the package."""

from __future__ import annotations

import functools
from importlib import resources

from tallystick.securities.presets import Preset, read_preset

SUFFIX = ".toml"


@functools.cache
def presets() -> dict[str, Preset]:
    """All presets by name."""
    found = [
        read_preset(entry.name.removesuffix(SUFFIX), entry.read_text("utf-8"))
        for entry in resources.files("tallystick.presets").iterdir()
        if entry.name.endswith(SUFFIX)
    ]
    return {preset.name: preset for preset in sorted(found, key=lambda preset: preset.name)}
