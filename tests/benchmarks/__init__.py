"""Figures about speed, as ratios measured in one session; never pass or fail."""
