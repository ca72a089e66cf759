"""One row per real person or firm: links between customer numbers, reviewed and applied."""

from kehu.prepare.identity.merge import facts, merged, shown
from kehu.prepare.identity.resolve import Identity, identify, write

__all__ = ["Identity", "facts", "identify", "merged", "shown", "write"]
