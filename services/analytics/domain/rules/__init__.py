"""Kinds of rules: one file each, with its configuration, how it judges an ordered series of values, and how it says why.

What they have in common (episodes, evidence, what corrections do) stands once, in `domain/episode.py` and `domain/anomaly.py`.
"""
