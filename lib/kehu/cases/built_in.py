"""Clients whose files the kit makes itself."""

from __future__ import annotations

from importlib import import_module

from kehu.cases.made import require_own
from kehu.store import PROJECT

CLIENTS = {"demo": "kehu.cases.demo_shop", "club": "kehu.cases.club"}
"""Client to the module that simulates its files."""


def ensure(client: str) -> None:
    """Make the files of a built-in client where they are not there yet; nothing for others.

    Raises
    ------
    KehuError
        KH-S01 when the folder cannot be written, or holds files that are not the kit's.
    """
    if client in CLIENTS:
        folder = PROJECT / "data" / "raw" / client
        require_own(folder, client)
        import_module(CLIENTS[client]).ensure(folder)
