"""kehu (客户): from a client's raw files to a client-ready customer-value report."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kehu.notebook import begin
    from kehu.store import open_run

__all__ = ["__version__", "begin", "open_run"]
__version__ = version("kehu")


def __getattr__(name: str) -> Any:
    """Load `begin` and `open_run` when first asked for: `kehu --help` needs neither."""
    if name == "begin":
        from kehu.notebook import begin

        return begin
    if name == "open_run":
        from kehu.store import open_run

        return open_run
    raise AttributeError(f"module 'kehu' has no attribute {name!r}")
