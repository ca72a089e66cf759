"""Customer segments: tiers, the eight RFM segments, key customers."""

from kehu.segments import assess, key, rfm_rules, tiers

__all__ = ["assess", "key", "rfm_rules", "tiers"]
