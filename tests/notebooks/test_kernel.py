"""A warm kernel is a normal kernel that starts sooner."""

import ast
import asyncio
import faulthandler
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat
import papermill
import pytest
from jupyter_client import BlockingKernelClient, KernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbformat.v4 import new_code_cell, new_notebook
from papermill.exceptions import PapermillExecutionError

from kehu.run import forkserver, kernel

pytestmark = pytest.mark.skipif(
    sys.platform != "linux",
    reason="warm kernels exist on Linux only; elsewhere they start normally",
)
WATCHDOG_SECONDS = 60


@pytest.fixture(scope="module", autouse=True)
def _warm() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", os.environ.get("JUPYTER_PATH", ""))
        patch.setenv(kernel.ADDRESS, "")
        kernel.warm_environment()
        kernel.start_server()
        yield


@pytest.fixture(autouse=True)
def _watchdog() -> Iterator[None]:
    faulthandler.dump_traceback_later(WATCHDOG_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@contextmanager
def running(**options: object) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    """Start a warm kernel and end it."""
    manager = KernelManager(kernel_name=kernel.KERNEL_NAME)
    manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def value(client: BlockingKernelClient, expression: str) -> object:
    """Return the value of a JSON-able expression in the kernel."""
    asked = {"value": f"json.dumps({expression})"}
    options = {"user_expressions": asked, "reply": True, "timeout": 30}
    reply = client.execute("import json, os, sys", **options)["content"]
    return json.loads(ast.literal_eval(reply["user_expressions"]["value"]["data"]["text/plain"]))


def papermill_outputs(folder: Path, name: str, cells: list[str]) -> list[list[dict]]:
    """Execute cells with papermill and return the outputs of each, without process ids."""
    book = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    source, target = folder / "in.ipynb", folder / f"{name}.ipynb"
    nbformat.write(book, source)
    papermill.execute_notebook(source, target, kernel_name=name, progress_bar=False)
    text = re.sub(r"ipykernel_\d+", "ipykernel_PID", target.read_text(encoding="utf-8"))
    return [cell.outputs for cell in nbformat.reads(text, 4).cells]


def is_running(pid: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(happened: Callable[[], bool], seconds: float = 5) -> bool:
    """Wait for something, but not for ever."""
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)
    return happened()


SAME = [
    "print('out'); import sys; print('err', file=sys.stderr); 40 + 2",
    "import pandas as pd; pd.DataFrame({'客户': ['007', '008'], 'spend': [1.5, 2.25]})",
    "import matplotlib.pyplot as plt; import seaborn as sns\nplt.plot([1, 2, 4]);",
    "%matplotlib inline\nfig, ax = plt.subplots(); ax.bar([1, 2], [3, 4]); plt.show()",
    "plt.get_backend(), plt.isinteractive(), dict(plt.rcParams)",
    "import os; os.getcwd(), sys.argv[0], sys.argv[1], sys.path, sys.flags, __name__",
    "from threadpoolctl import threadpool_info; import scipy.optimize, sklearn\n"
    "sorted((p['filepath'], p['num_threads']) for p in threadpool_info())",
    "import numpy as np; (np.random.default_rng(1).normal(size=(300, 300)) @ np.ones(300)).sum()",
    "import duckdb; duckdb.sql('select 6 * 7').fetchall(), duckdb.sql('select 1 as a').df()",
    "import ibis; ibis.duckdb.connect().sql('select 2 as x').execute()",
    "import signal; str(signal.getsignal(signal.SIGINT)), str(signal.getsignal(signal.SIGCHLD))",
    "import multiprocessing; multiprocessing.current_process().name, type(get_ipython())",
    "import warnings; warnings.warn('look')",
    "!echo from a shell",
]


@pytest.mark.slow
def test_a_notebook_gives_the_same_outputs_as_in_a_normal_kernel(tmp_path: Path) -> None:
    normal, warm = (papermill_outputs(tmp_path, name, SAME) for name in ("python3", "kehu-warm"))
    for code, expected, got in zip(SAME, normal, warm, strict=True):
        assert json.dumps(got) == json.dumps(expected), code


def test_an_error_in_a_cell_surfaces_as_in_a_normal_kernel(tmp_path: Path) -> None:
    errors = []
    for name in ("python3", "kehu-warm"):
        with pytest.raises(PapermillExecutionError) as caught:
            papermill_outputs(tmp_path, name, ["x = 0", "1 / x"])
        errors.append(caught.value)
    normal, warm = errors
    assert (warm.ename, warm.evalue, warm.cell_index) == (
        "ZeroDivisionError",
        "division by zero",
        1,
    )
    assert warm.traceback == normal.traceback


def test_the_server_has_every_module_and_one_thread(tmp_path: Path) -> None:
    cmd = [sys.executable, "-m", "ipykernel_launcher", "-f", str(tmp_path / "kernel.json")]
    forked, missing = asyncio.run(kernel.fork_kernel(cmd, dict(os.environ), str(tmp_path)))
    status = Path(f"/proc/{forked.pid}/status").read_text()
    server = next(line.split()[1] for line in status.splitlines() if line.startswith("PPid"))
    forked.kill()
    assert missing == []
    assert [p.name for p in Path(f"/proc/{server}/task").iterdir()] == [server]
    assert forked.wait() == -signal.SIGKILL


def test_a_module_that_cannot_be_imported_is_named() -> None:
    assert forkserver.preload(("json", "pandsa")) == ["pandsa (No module named 'pandsa')"]


def test_an_interrupt_stops_the_cell_and_keeps_the_kernel(tmp_path: Path) -> None:
    code = "kept = 5; import time; open('begun', 'w').close(); time.sleep(30)"
    with running(cwd=str(tmp_path)) as (manager, client):
        asked = client.execute(code, stop_on_error=False)
        assert wait_until((tmp_path / "begun").exists, 20)
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=5)
        assert reply["parent_header"]["msg_id"] == asked
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert value(client, "kept") == 5


def test_a_restart_gives_a_fresh_kernel_on_the_same_connection() -> None:
    with running() as (manager, client):
        before = value(client, "os.getpid()")
        client.execute("kept = 5")
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=30)
        assert value(client, "os.getpid()") != before
        assert value(client, "'kept' in globals()") is False


def test_a_kill_leaves_no_process() -> None:
    with running() as (manager, client):
        client.execute("import subprocess; child = subprocess.Popen(['sleep', '100'])")
        pids = value(client, "[os.getpid(), child.pid]")
        assert all(map(is_running, pids))
        manager.shutdown_kernel(now=True)
        assert wait_until(lambda: not any(map(is_running, pids)))


def test_a_kernel_that_dies_is_seen_to_be_dead() -> None:
    with running() as (manager, client):
        client.execute("import os; os.kill(os.getpid(), 11)")
        assert wait_until(lambda: not manager.is_alive())


def test_a_graceful_end_runs_exit_functions_and_closes_what_is_open(tmp_path: Path) -> None:
    code = (
        "import atexit, duckdb, pathlib\n"
        "file = open('open.txt', 'w'); file.write('flushed')\n"
        "atexit.register(lambda: pathlib.Path('exit.txt').write_text(str(file.closed)))\n"
        "base = duckdb.connect('base.duckdb'); base.execute('create table t as select 1')"
    )
    with running(cwd=str(tmp_path)) as (manager, client):
        client.execute(code, reply=True, timeout=20)
        manager.shutdown_kernel()
    assert (tmp_path / "open.txt").read_text() == "flushed"
    assert (tmp_path / "exit.txt").read_text() == "False"
    assert not (tmp_path / "base.duckdb.wal").exists()


def test_environment_and_folder_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEHU_TEST_GONE", "set in this process, not in the kernel's environment")
    env = {k: v for k, v in os.environ.items() if k != "KEHU_TEST_GONE"}
    env |= {"KEHU_TEST": "客户", "TZ": "Asia/Shanghai", "MPLBACKEND": "svg"}
    with running(env=env, cwd=str(tmp_path)) as (_, client):
        assert value(client, "os.getcwd()") == str(tmp_path)
        assert value(client, "[os.environ['KEHU_TEST'], 'KEHU_TEST_GONE' in os.environ]") == [
            "客户",
            False,
        ]
        assert value(client, "__import__('time').strftime('%z')") == "+0800"
        assert value(client, "__import__('matplotlib').get_backend()") == "svg"
        assert value(client, "os.environ['JPY_PARENT_PID']") == str(os.getpid())


def test_the_users_history_and_the_notebooks_kernel_name_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    papermill_outputs(tmp_path, "kehu-warm", ["secret = 1"])
    assert not list(tmp_path.rglob("history.sqlite*"))
    assert nbformat.read(tmp_path / "kehu-warm.ipynb", 4).metadata.kernelspec.name == "python3"


@pytest.mark.slow
def test_twenty_kernels_in_sequence_and_no_two_draw_the_same_numbers() -> None:
    seen = set()
    for _ in range(20):
        with running() as (_, client):
            draws = "[__import__('numpy').random.random(), __import__('random').random()]"
            seen.update(value(client, draws))
    assert len(seen) == 40


def test_four_notebooks_at_once_in_threads(tmp_path: Path) -> None:
    cells = ["import duckdb; duckdb.sql('select sum(i) from range(1000000) r(i)').fetchone()[0]"]
    for n in range(4):
        (tmp_path / str(n)).mkdir()
    with ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(papermill_outputs, tmp_path / str(n), "kehu-warm", cells) for n in range(4)
        ]
        results = [job.result(WATCHDOG_SECONDS) for job in jobs]
    assert [r[0][0]["data"]["text/plain"] for r in results] == ["499999500000"] * 4


OWNER = """
import sys, time
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name='kehu-warm')
client.execute_interactive('import os; print(os.getpid(), os.getppid())', timeout=20)
sys.stdout.flush()
time.sleep(60)
"""


def start_owner(env: dict[str, str]) -> tuple[subprocess.Popen, int, int]:
    """Start a process that owns a warm kernel; return it, its kernel and the fork server."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER], env=env, stdout=subprocess.PIPE)
    pid, server = map(int, owner.stdout.readline().split())
    return owner, pid, server


def test_processes_share_the_server_and_a_killed_one_takes_its_kernel_along() -> None:
    with running() as (_, client):
        owner, pid, server = start_owner(dict(os.environ))
        assert server == value(client, "os.getppid()")
        owner.kill()
        assert wait_until(lambda: not is_running(pid))
        owner.communicate()
        assert value(client, "6 * 7") == 42


def test_the_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k != kernel.ADDRESS} | {"TMPDIR": str(tmp_path)}
    owner, pid, server = start_owner(env)
    assert list(tmp_path.glob("kehu-*/kernels"))
    owner.kill()
    assert wait_until(lambda: not is_running(pid) and not is_running(server))
    owner.communicate()
    assert not list(tmp_path.glob("kehu-*"))


def started_normally(client: BlockingKernelClient) -> bool:
    """Tell whether a kernel has its own Python process."""
    return bool(value(client, "'ipykernel_launcher' in sys.orig_argv"))


def warnings_of(manager: KernelManager, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(manager.log, "warning", lambda text, *args: said.append(text % args))
    return said


@pytest.mark.parametrize("obstacle", ["no fork", "PYTHONHASHSEED", "matplotlibrc", "no server"])
def test_where_a_fork_would_not_do_the_kernel_starts_normally_and_says_why(
    obstacle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, reason = dict(os.environ), obstacle
    if obstacle == "no fork":
        monkeypatch.setattr(kernel, "can_fork", lambda: False)
        reason = "cannot fork safely"
    elif obstacle == "PYTHONHASHSEED":
        env |= {"PYTHONHASHSEED": "7"}
    elif obstacle == "matplotlibrc":
        (tmp_path / "matplotlibrc").write_text("figure.dpi: 33")
    else:
        monkeypatch.setenv(kernel.ADDRESS, "")
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(kernel, "_MAIN", "raise SystemExit  # {single_thread} {listener}")
        reason = "server has ended"
    said = warnings_of(KernelManager(), monkeypatch)
    with running(env=env, cwd=str(tmp_path)) as (_, client):
        assert started_normally(client)
        assert value(client, "os.environ.get('PYTHONHASHSEED')") == env.get("PYTHONHASHSEED")
    assert len(said) == 1
    assert reason in said[0]


def test_a_warm_kernel_was_not_started_normally(monkeypatch: pytest.MonkeyPatch) -> None:
    said = warnings_of(KernelManager(), monkeypatch)
    with running() as (_, client):
        assert not started_normally(client)
    assert said == []


def test_the_kernelspec_starts_a_kernel_without_the_provisioner_too() -> None:
    spec = KernelSpecManager().get_kernel_spec(kernel.KERNEL_NAME)
    assert spec.display_name == "kehu (warm)"
    assert spec.metadata["kernel_provisioner"]["provisioner_name"] == kernel.KERNEL_NAME
    assert spec.argv[:5] == ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]


def test_calling_twice_changes_nothing() -> None:
    before = dict(os.environ)
    kernel.warm_environment()
    kernel.start_server()
    assert dict(os.environ) == before
