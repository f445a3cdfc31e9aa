"""Hearing recordings: players, comments, links, and the moments of a call."""
