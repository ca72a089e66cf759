"""A PostgreSQL server of the tests' own, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _binaries() -> Path | None:
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    on_path = shutil.which("pg_ctl")
    places += [Path(on_path).parent] if on_path else []
    return next((p for p in places if (p / "initdb").is_file()), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a server, give the address of its database, and stop it; skip where there is none."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server on this machine")
    pytest.importorskip("psycopg")
    data, port = folder / "pg", _free_port()
    data.mkdir()
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
        for above in (folder, *folder.parents):
            if above.stat().st_uid == 0 and above not in (Path("/"), Path("/tmp")):
                above.chmod(above.stat().st_mode | 0o011)
        as_user = ["runuser", "-u", "postgres", "--"]

    def call(*words: str) -> None:
        command = [*as_user, str(binaries / words[0]), *words[1:]]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr

    call("initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    call("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        call("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
