"""The `tallystick` command."""
