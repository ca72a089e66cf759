"""kehu (客户): from a client's raw files to a client-ready customer-value report."""

from importlib.metadata import version

__version__ = version("kehu")
