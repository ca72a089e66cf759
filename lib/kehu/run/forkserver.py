"""The other side of `kehu.run.kernel`: a process that has the imports and forks the kernels.

It does nothing but import and fork: no connection, figure or thread exists before a fork, because a
child has no threads but the one that forked and would wait for the others for ever.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import importlib.util
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PRELOAD: tuple[str, ...] = (
    "ipykernel.kernelapp",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "sqlite3",
    "tornado.platform.asyncio",
    "numpy",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "scipy.optimize",
    "scipy.special",
    "scipy.stats",
    "matplotlib.pyplot",
    "seaborn",
    "duckdb",
    "ibis.backends.duckdb",
    "pandera.pandas",
    "pydantic",
    "great_tables",
    "babel.numbers",
    "yaml",
    "kehu.notebook",
    "kehu.prepare",
    "kehu.value",
    "kehu.segments",
    "kehu.actions",
    "kehu.report.charts_model",
    "kehu.report.charts_segments",
    "kehu.report.pages",
)
"""Modules every kernel has from the start.

Not `matplotlib_inline.backend_inline`: while it is imported it looks for the kernel it is in.
"""

READ_AT_START = (
    *("PYTHON", "LD_", "LANG", "LC_", "OMP_", "GOMP_", "MKL_", "OPENBLAS_", "GOTO_"),
    *("ARROW_", "MPLCONFIGDIR", "MATPLOTLIBRC"),
)
"""Variables (by prefix) that only act while Python starts or a library is imported."""

INLINE = "module://matplotlib_inline.backend_inline"
REQUEST_BYTES = 1 << 20


def main(listener: int, environment: Mapping[str, str]) -> None:
    """Import, then fork a kernel for each connection until standard input closes.

    Parameters
    ----------
    listener : int
        File descriptor of a listening Unix socket (SOCK_SEQPACKET); the socket's folder is removed
        at the end.
    environment : mapping of str to str
        Environment variables this process started with; `os.environ` has more, so that libraries
        start no threads while they are imported.
    """
    atexit.register(_leave)  # registered first, runs last
    os.chdir("/")  # matplotlib would read a matplotlibrc of the owner's folder
    added = set(os.environ) - set(environment)
    missing = preload(PRELOAD)
    for name in added:
        del os.environ[name]
    gc.freeze()  # collecting garbage would copy all shared memory, in each kernel
    with socket.socket(fileno=listener) as server:
        address = Path(server.getsockname())
        link = _serve(server)
    if link is None:
        address.unlink(missing_ok=True)
        address.parent.rmdir()
    else:
        _become_kernel(link, environment, missing)


def preload(modules: tuple[str, ...]) -> list[str]:
    """Import `modules` and leave no thread behind; return those that failed, with the reasons."""
    failed = []
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:  # whatever a broken package raises; the notebook will see it
            failed.append(f"{name} ({error})")
    if "duckdb" in sys.modules:  # importing it opens a connection, with a thread
        sys.modules["duckdb"].close()
    return failed


def _serve(server: socket.socket) -> socket.socket | None:
    """Return a connection in each forked child, and None in the server when its owner has gone."""
    kernels: dict[int, socket.socket] = {}
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as ready, ended, wake:
        for source in (server, ended, sys.stdin):
            ready.register(source, selectors.EVENT_READ)
        while True:
            sources = [key.fileobj for key, _ in ready.select()]
            if sys.stdin in sources:
                return None
            if ended in sources:
                ended.recv(4096)
                _report_ended(kernels)
            if server in sources and (link := _fork(server, kernels)):
                return link


def _fork(server: socket.socket, kernels: dict[int, socket.socket]) -> socket.socket | None:
    """Accept a connection and fork; return the connection in the child only."""
    link, _ = server.accept()
    try:
        pid = os.fork()
    except OSError:  # no memory: the client sees the end of the connection and starts normally
        link.close()
        return None
    if pid:
        kernels[pid] = link
        return None
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for other in kernels.values():
        other.close()
    return link


def _report_ended(kernels: dict[int, socket.socket]) -> None:
    """Tell the clients of all kernels that have ended the exit codes."""
    while kernels:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with kernels.pop(pid) as link, contextlib.suppress(OSError):
            _send(link, {"exit": os.waitstatus_to_exitcode(status)})


def _become_kernel(link: socket.socket, environment: Mapping[str, str], missing: list[str]) -> None:
    """Turn this forked child into the kernel its client asked for, or say why not."""
    os.setsid()
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    message = link.recv(REQUEST_BYTES)
    if not message:
        return
    request = json.loads(message)
    if reason := why_not(request, environment):
        _send(link, {"refused": reason})
        return
    try:
        _enter(request["env"], request["cwd"], environment)
    except OSError as error:
        _send(link, {"refused": str(error)})
        return
    _send(link, {"pid": os.getpid(), "missing": missing})
    threading.Thread(target=_end_with_client, args=(link,), daemon=True).start()
    _run_kernel(request["cmd"][3:])


def why_not(request: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """Say why a forked kernel would not be what the client asked for; empty where it is."""
    if request["cmd"][:3] != [sys.executable, "-m", "ipykernel_launcher"]:
        return "its command is not that of the fork server's own Python"
    wanted = request["env"]
    differing = [
        name
        for name in sorted({*wanted, *environment})
        if name.startswith(READ_AT_START) and wanted.get(name) != environment.get(name)
    ]
    if differing:
        return f"its environment differs in {', '.join(differing)}, read only when Python starts"
    if Path(request["cwd"], "matplotlibrc").exists():
        return "its folder has a matplotlibrc, read only when matplotlib is imported"
    return ""


def _enter(env: Mapping[str, str], cwd: str, before: Mapping[str, str]) -> None:
    """Take over the client's folder and environment, and undo what is shared by being forked."""
    import matplotlib
    import numpy as np
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    os.chdir(cwd)
    by_imports = {name: value for name, value in os.environ.items() if name not in before}
    os.environ.clear()
    os.environ.update(by_imports | dict(env))
    time.tzset()
    os.environ["MPLBACKEND"] = os.environ.get("MPLBACKEND") or INLINE
    matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
    np.random.seed()  # all kernels would draw the same numbers
    threadpool_limits(_blas_threads(env), user_api="blas")


def _blas_threads(env: Mapping[str, str]) -> int:
    """Return the threads linear algebra would have in a kernel that was started normally."""
    names = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")
    given = [int(env[name]) for name in names if env.get(name, "").isdecimal()]
    return next(filter(None, given), len(os.sched_getaffinity(0)))


def _end_with_client(link: socket.socket) -> None:
    """Wait for the end of the connection, which is the client's end, and end all of this kernel."""
    with contextlib.suppress(OSError):
        while link.recv(1):
            pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _run_kernel(arguments: list[str]) -> None:
    """Do what `python -m ipykernel_launcher` does; its own watch of the parent is not needed."""
    from ipykernel.kernelapp import IPKernelApp

    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher and launcher.origin), *arguments]
    app: Any = IPKernelApp.instance(parent_handle=0)
    app.initialize(arguments)
    app.start()


def _leave() -> None:
    """End without taking modules down, which would copy all shared memory; the rest is done."""
    gc.collect()  # files and connections of the notebook, which IPython has let go
    os._exit(0)


def _send(link: socket.socket, message: Mapping[str, Any]) -> None:
    link.send(json.dumps(message).encode())
