"""From a client's raw files to trusted tables: read, clean, balance the books, assess."""

from kehu.prepare import (
    audit,
    clean,
    corrections,
    customers,
    facts,
    identity,
    inputs,
    quality,
    ratings,
    sources,
)

__all__ = [
    "audit",
    "clean",
    "corrections",
    "customers",
    "facts",
    "identity",
    "inputs",
    "quality",
    "ratings",
    "sources",
]
