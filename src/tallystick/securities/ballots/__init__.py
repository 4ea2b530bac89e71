"""Votes of holders: meetings, resolutions, elections, and what they come to."""
