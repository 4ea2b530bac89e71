"""The demo: a fictitious company's book, and its main job from end to end."""
