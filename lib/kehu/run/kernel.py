"""Jupyter's `kehu-warm` kernel: forked from a process that has the imports, otherwise ordinary.

Clients, messages and notebooks stay as they are: `papermill in.ipynb out.ipynb -k kehu-warm`.
papermill does not write the kernel's name into the notebook: what said `python3` says so afterwards
and opens anywhere. A notebook saved in JupyterLab under `kehu (warm)` names that kernel; where it
is unknown, JupyterLab asks for another one and papermill needs `-k python3`.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

KERNEL_NAME = "kehu-warm"
ADDRESS = "KEHU_FORK_SERVER"
"""Environment variable with the server's socket, so that child processes share the server."""

ANSWER_SECONDS = 60.0
ENDED_UNSEEN = -signal.SIGTERM
"""Exit code of a kernel whose fork server ended before it."""

SINGLE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""Keeps libraries from starting threads while the fork server imports them."""

_MAIN = """
import os, sys
sys.path[:] = filter(None, sys.path)
environment = dict(os.environ)
os.environ |= {single_thread}
from kehu.run.forkserver import main
main({listener}, environment)
"""
_servers: list[subprocess.Popen[bytes]] = []
_lock = threading.Lock()


class ColdStart(Exception):
    """Why a kernel is started the normal way instead of being forked."""


def can_fork() -> bool:
    """Tell whether warm kernels are possible here: on Linux.

    Notes
    -----
    Windows has no fork; macOS has, but Apple's own libraries may crash in a forked child.
    """
    return sys.platform == "linux"


def warm_environment() -> None:
    """Make the kernel `kehu-warm` known to Jupyter in this process and its children."""
    folder = str(Path(__file__).parent / "kernelspec")
    known = [path for path in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if path]
    if folder not in known:
        os.environ["JUPYTER_PATH"] = os.pathsep.join([folder, *known])


def start_server() -> None:
    """Start the fork server, unless there is one, and return at once; it imports meanwhile.

    Not calling it is no mistake: the first kernel does, and then waits for the imports. The server
    ends with the process that started it and has its environment: set variables that libraries read
    at import (`OMP_NUM_THREADS`, `MPLCONFIGDIR`) before.
    """
    with _lock:
        if can_fork() and not Path(os.environ.get(ADDRESS, "")).is_socket():
            _spawn_server()


def _spawn_server() -> None:
    """Start a server on a socket that accepts connections now, in a folder of this user only."""
    address = str(Path(tempfile.mkdtemp(prefix="kehu-")) / "kernels")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen(128)
        code = _MAIN.format(single_thread=SINGLE_THREAD, listener=listener.fileno())
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    _servers.append(server)  # its standard input stays open until this process ends
    os.environ[ADDRESS] = address


def _connect() -> socket.socket:
    """Connect to the fork server; start one where there is none or its owner has gone."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with _lock:
        try:
            link.connect(os.environ.get(ADDRESS, ""))
        except OSError:
            _spawn_server()
            link.connect(os.environ[ADDRESS])
    link.setblocking(False)
    return link


class ForkedKernel:
    """A kernel of the fork server, with the part of `subprocess.Popen` that provisioners use.

    Closing `link`, or the end of this process, ends the kernel.
    """

    stdin = stdout = stderr = None

    def __init__(self, link: socket.socket, pid: int) -> None:
        self.link = link
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while the kernel runs."""
        if self.returncode is None:
            try:
                message = self.link.recv(4096)
            except BlockingIOError:
                return None
            except ConnectionError:
                message = b""
            self.returncode = json.loads(message)["exit"] if message else ENDED_UNSEEN
            self.link.close()
        return self.returncode

    def wait(self) -> int:
        """Wait for the end of the kernel and return its exit code."""
        while (code := self.poll()) is None:
            select.select([self.link], [], [])
        return code

    def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


async def fork_kernel(
    cmd: list[str], env: dict[str, str], cwd: str
) -> tuple[ForkedKernel, list[str]]:
    """Fork a kernel for a command, an environment and a folder.

    Returns
    -------
    kernel : ForkedKernel
    missing : list of str
        Modules that could not be imported beforehand, with the reasons.

    Raises
    ------
    ColdStart
        When the fork server refuses, or ended.
    OSError
        When the server cannot be reached.
    """
    request = {"cmd": cmd, "env": {**env, "JPY_PARENT_PID": str(os.getpid())}, "cwd": cwd}
    loop = asyncio.get_running_loop()
    try:
        link = _connect()
    except ConnectionRefusedError as error:
        raise ColdStart("the fork server has ended") from error
    try:
        await loop.sock_sendall(link, json.dumps(request).encode())
        message = await asyncio.wait_for(loop.sock_recv(link, 1 << 16), ANSWER_SECONDS)
        if not message:
            raise ConnectionError
        answer = json.loads(message)
        if "refused" in answer:
            raise ColdStart(answer["refused"])
    except ConnectionError as error:
        link.close()
        raise ColdStart("the fork server has ended") from error
    except BaseException:
        link.close()
        raise
    return ForkedKernel(link, answer["pid"]), answer["missing"]


class WarmProvisioner(LocalProvisioner):
    """Forks kernels from a process that has the imports; starts them normally where it cannot.

    Notes
    -----
    A normal start is logged with its reason: another system than Linux; a command, an environment
    or a folder that acts only while Python starts; options of `Popen` such as `stdout=`. The kernel
    has no terminal: what it writes below Python's level goes to the notebook, or, before the first
    cell, nowhere.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel, or start it normally, and return how to connect to it."""
        kernel = await self._fork(cmd, self._scrub_kwargs(kwargs))
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def _fork(self, cmd: list[str], options: dict[str, Any]) -> ForkedKernel | None:
        """Fork a kernel, or log why not."""
        env, cwd = options.pop("env"), options.pop("cwd", None)
        asked = sorted(name for name, value in options.items() if value)
        try:
            if not can_fork():
                raise ColdStart("this system cannot fork safely")
            if asked:
                raise ColdStart(f"the client asks for {', '.join(asked)}")
            kernel, missing = await fork_kernel(cmd, env, str(cwd or Path.cwd()))
        except (ColdStart, OSError) as reason:
            self.log.warning("%s: normal start, because %s", KERNEL_NAME, reason or "of a time-out")
            return None
        if missing:
            self.log.warning("%s: not imported beforehand: %s", KERNEL_NAME, "; ".join(missing))
        return kernel

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and its children, unless it has ended."""
        if await self.poll() is None:
            await super().send_signal(signum)
