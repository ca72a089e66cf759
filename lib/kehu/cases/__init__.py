"""Simulators with known truth: what an analysis finds can be held against what is so."""
