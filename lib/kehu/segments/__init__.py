"""Customer segments: tiers, RFM segments, life cycle, key customers."""

from kehu.segments import assess, classes, key, lifecycle, rfm_rules, rule_check, rule_set, tiers

__all__ = [
    "assess",
    "classes",
    "key",
    "lifecycle",
    "rfm_rules",
    "rule_check",
    "rule_set",
    "tiers",
]
