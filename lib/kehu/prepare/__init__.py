"""From a client's raw files to trusted tables: read, clean, balance the books, assess."""

from kehu.prepare import clean, corrections, customers, facts, inputs, quality, ratings, sources

__all__ = ["clean", "corrections", "customers", "facts", "inputs", "quality", "ratings", "sources"]
