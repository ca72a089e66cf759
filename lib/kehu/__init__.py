"""kehu (客户): from a client's raw files to a client-ready customer-value report."""

from importlib.metadata import version

from kehu.notebook import begin
from kehu.store import open_run

__all__ = ["__version__", "begin", "open_run"]
__version__ = version("kehu")
