"""Lifetime value without a contract: purchases (BG/NBD), spend (Gamma-Gamma), back-test."""
