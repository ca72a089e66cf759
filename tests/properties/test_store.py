"""A published file is old or new, never part; a run's folder has one writer and no way out."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kehu import store
from kehu.errors import KehuError, Problem, visible
from kehu.run import lock, manifest
from kehu.store import Run, open_run, published

OLD, NEW = b"old bytes", b"new bytes"


def files_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


# --- old or new -------------------------------------------------------------------------------


def failing(real: Callable[..., Any], at: int) -> Callable[..., Any]:
    """Return a function that fails with a full disk at its n-th call."""
    calls = iter(range(at + 1))

    def call(*arguments: Any, **options: Any) -> Any:
        if next(calls, None) == at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments, **options)

    return call


@pytest.mark.parametrize(
    ("name", "at", "left"),
    [
        ("open", 0, OLD),  # to sync the new file
        ("open", 1, NEW),  # to sync the folder: the new file is whole and in place
        ("fsync", 0, OLD),
        ("fsync", 1, NEW),
        ("replace", 0, OLD),
    ],
)
def test_a_fault_at_any_step_leaves_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int, left: bytes
) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(OLD)
    monkeypatch.setattr(store.os, name, failing(getattr(os, name), at))
    with pytest.raises(KehuError) as error:
        store.publish_bytes(path, NEW)
    assert path.read_bytes() == left
    assert files_in(tmp_path) == ["facts.json"]
    [problem] = error.value.problems
    assert problem.code == "KH-S01"
    assert problem.where == str(path)
    assert "No space left on device" in problem.what
    assert "MB free" in problem.what
    assert "KEHU_REPORTS" in problem.remedy


def test_a_fault_while_writing_leaves_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(OLD)

    def half(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:4])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(KehuError, match="KH-S01"):
        store.publish_text(path, "new")
    assert path.read_bytes() == OLD
    assert files_in(tmp_path) == ["facts.json"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, MemoryError, ValueError, SystemExit])
def test_any_stop_inside_the_block_leaves_nothing(
    tmp_path: Path, fault: type[BaseException]
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(OLD)
    with pytest.raises(fault), published(path) as temporary:  # noqa: PT012
        temporary.write_bytes(b"half")
        raise fault
    assert path.read_bytes() == OLD
    assert files_in(tmp_path) == ["report.pdf"]


def test_a_full_disk_is_told_by_the_system_itself(tmp_path: Path) -> None:
    """A limit on file size is the nearest to a full disk that needs no rights."""
    path = tmp_path / "big.bin"
    path.write_bytes(OLD)
    code = (
        "import resource, signal, sys; from pathlib import Path; from kehu import store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "try: store.publish_bytes(Path(sys.argv[1]), b'x' * 100_000)\n"
        "except Exception as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert "KH-S01" in done.stdout
    assert "File too large" in done.stdout
    assert path.read_bytes() == OLD
    assert files_in(tmp_path) == ["big.bin"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OLD)
    for path in (tmp_path / "file" / "x.json", tmp_path / "file" / "deep" / "x.json"):
        with pytest.raises(KehuError, match="KH-S01"):
            store.publish_text(path, "new")
    with pytest.raises(KehuError, match="KH-S01"):
        _ = Run(tmp_path / "file" / "2026Q3").scratch
    (tmp_path / "taken").mkdir()
    with pytest.raises(KehuError, match="KH-S01"):
        store.publish_text(tmp_path / "taken", "new")
    assert files_in(tmp_path) == ["file"]


def test_a_block_that_writes_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(KehuError, match="KH-S01"), published(tmp_path / "x.json"):
        pass
    assert files_in(tmp_path) == []


def test_json_has_sorted_names_and_no_infinity(tmp_path: Path) -> None:
    store.publish_json(tmp_path / "x.json", {"b": 1, "a": "客"})
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == '{\n "a": "客",\n "b": 1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.publish_json(tmp_path / "y.json", {"a": float("inf")})
    assert files_in(tmp_path) == ["x.json"]


# --- facts ------------------------------------------------------------------------------------

FACTS: list[tuple[Any, Any]] = [
    (1, 1), (True, True), ("甲", "甲"), (None, None), (0.1, 0.1),
    (float("nan"), None), (float("inf"), None), (float("-inf"), None),
    (np.int64(3), 3), (np.float32(0.5), 0.5), (np.float64("nan"), None), (np.bool_(False), False),
    (np.str_("a"), "a"), (np.array([1.5, np.nan]), [1.5, None]), (pd.NA, None), (pd.NaT, None),
    (Decimal("12.50"), 12.5), (Decimal("NaN"), None), (date(2026, 9, 30), "2026-09-30"),
    (pd.Timestamp("2026-09-30"), "2026-09-30"), (np.datetime64("2026-09-30"), "2026-09-30"),
    (datetime(2026, 9, 30, 8, 15), "2026-09-30T08:15:00"),
    ([1, (np.int8(2), None)], [1, [2, None]]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "stored"), FACTS, ids=lambda v: ascii(v)[:30])
def test_facts_are_plain(tmp_path: Path, value: Any, stored: Any) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    run.save_facts("value", {"x": value})
    assert run.facts() == {"value.x": stored}
    assert type(run.facts()["value.x"]) is type(stored)


@pytest.mark.parametrize("value", [{1}, object(), {"a": 1}, b"bytes", pd.Series([1])])
def test_other_facts_are_refused(tmp_path: Path, value: Any) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    with pytest.raises(TypeError, match="a fact is a number, text, date or None, not "):
        run.save_facts("value", {"x": value})
    assert run.facts() == {}


def test_facts_of_stages_stand_side_by_side(tmp_path: Path) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    run.save_facts("value", {"n": 1, "gone": 2})
    run.save_facts("prepare", {"n": 3})
    run.save_facts("value", {"n": 4})
    assert run.facts() == {"value.n": 4, "prepare.n": 3}


# --- no way out -------------------------------------------------------------------------------


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    monkeypatch.setenv("KEHU_REPORTS", str(folder))
    return folder


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "demo", "demo/", "demo/.", "demo/..", "../demo", "../../demo", "a/b/c",
     "~/demo", "demo/../..", "../reports2/demo", "demo/\x00", "demo/CON", "nul/2026Q3",
     "demo\\2026Q3",
     "de\u202emo/2026Q3", "demo/" + "x" * 300, "demo/2026Q3.", "./demo/..", "C:/demo",
     "templates/kehu", "demo/-rf", "demo/a:b", "demo/\n"],
    ids=ascii,
)  # fmt: skip
def test_hostile_names_of_runs(reports: Path, name: str) -> None:
    with pytest.raises(KehuError) as error:
        open_run(name)
    assert [p.code for p in error.value.problems] == ["KH-S03"]
    assert "\x00" not in str(error.value)


def test_links_do_not_lead_out(reports: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    (outside / "2026Q3").mkdir(parents=True)
    (reports / "acme").symlink_to(outside)
    (reports / "demo").mkdir()
    (reports / "demo" / "2026Q3").symlink_to(outside / "2026Q3")
    (reports / "demo" / "2026Q4").symlink_to("../../elsewhere")
    (reports / "loop").symlink_to("loop")
    for name in ("acme/2026Q3", "demo/2026Q3", "demo/2026Q4", "loop/2026Q3"):
        with pytest.raises(KehuError, match="KH-S03"):
            open_run(name)


def test_good_names_of_runs(reports: Path, tmp_path: Path) -> None:
    assert open_run("demo/2026Q3").folder == reports / "demo" / "2026Q3"
    assert open_run(Path("招商银行/2026.09")).name == "招商银行/2026.09"
    assert open_run(tmp_path / "x" / "y").folder == tmp_path / "x" / "y"
    assert files_in(tmp_path) == []


# --- one writer -------------------------------------------------------------------------------

HOLD = (
    "import sys, time; from pathlib import Path; from kehu.run import lock\n"
    "with lock.locked(Path(sys.argv[1])):\n"
    "    print('held', flush=True); time.sleep(60)\n"
)


@pytest.fixture
def holder(tmp_path: Path) -> Any:
    """Return another process that holds the run's folder."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "demo" / "2026Q3")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_living_process_keeps_its_run(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    folder = tmp_path / "demo" / "2026Q3"
    with pytest.raises(KehuError) as error, lock.locked(folder):
        pass
    [problem] = error.value.problems
    assert (problem.code, problem.where) == ("KH-S02", "demo/2026Q3")
    assert f"process {holder.pid} is writing this run." in problem.what
    with lock.locked(tmp_path / "demo" / "2026Q4"):
        pass


def test_the_run_of_a_killed_process_is_taken_over(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    folder = tmp_path / "demo" / "2026Q3"
    (folder / "tables").mkdir()
    for half in (".report.html.7.part", "tables/.value.parquet.7.part"):
        (folder / half).write_bytes(b"half")
    (folder / "keep.part").write_bytes(b"whole")
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with lock.locked(folder):
        assert (folder / ".lock").read_text() == str(os.getpid())
        assert files_in(folder) == [".lock", "keep.part"]
    assert files_in(folder) == ["keep.part"]


def test_a_lock_file_of_a_process_long_gone_is_no_lock(tmp_path: Path) -> None:
    """Its number may have been given to another process since."""
    tmp_path.joinpath(".lock").write_text(str(os.getpid()))
    with lock.locked(tmp_path):
        pass
    assert files_in(tmp_path) == []


def test_the_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), lock.locked(tmp_path):
            raise ZeroDivisionError
    with lock.locked(tmp_path), pytest.raises(KehuError, match="KH-S02"), lock.locked(tmp_path):
        pass


def test_of_many_writers_one_writes_at_a_time(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from kehu.run import lock\n"
        "from kehu.errors import KehuError\n"
        "folder = Path(sys.argv[1]); done = 0\n"
        "while done < 40:\n"
        "    try:\n"
        "        with lock.locked(folder):\n"
        "            mark = folder / 'inside'; mark.touch(exist_ok=False); mark.unlink()\n"
        "            done += 1\n"
        "    except KehuError: pass\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    workers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for worker in workers:
        _, said = worker.communicate(timeout=60)
        assert worker.returncode == 0, said


def test_a_folder_that_cannot_be_locked(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(KehuError, match="KH-S01"), lock.locked(tmp_path / "file" / "2026Q3"):
        pass


# --- manifest and errors ----------------------------------------------------------------------


def test_the_manifest_keeps_no_absolute_path() -> None:
    given = {"path": "/home/li/orders.csv", "title": {"zh": "/开头"}, "playbook": "C:\\kehu\\a.yml",
             "sources": [{"path": "../data/x.csv"}, {"path": "/srv/客户/甲.xlsx"}]}  # fmt: skip
    assert manifest.portable(given) == {
        "path": "orders.csv", "title": {"zh": "/开头"}, "playbook": "a.yml",
        "sources": [{"path": "../data/x.csv"}, {"path": "甲.xlsx"}],
    }  # fmt: skip


def test_a_run_without_manifest_is_not_finished(tmp_path: Path) -> None:
    with pytest.raises(KehuError, match=r"KH-R02 demo/2026Q3: has no manifest"):
        manifest.read(Run(tmp_path / "demo" / "2026Q3"))


@pytest.mark.parametrize(
    "text",
    ["\x1b[2J", "\x1b]8;;http://x\x07y\x1b]8;;\x07", "a\rb", "a\nb", "\u202edlrow", "a\u200bb",
     "\x9b31m", "\x00", "\u2028", "\ufeff", "\ud800"],
    ids=ascii,
)  # fmt: skip
def test_the_text_of_a_file_cannot_act_in_the_terminal(text: str) -> None:
    printed = str(Problem("KH-D04", "orders.csv", f"the column `{text}` is missing."))
    assert printed.isprintable()
    assert printed == visible(printed)


def test_plain_text_is_printed_as_it_is() -> None:
    plain = "列“金额　（元）”：1\u00a0234,50 – ok 😀"
    assert visible(plain) == plain


def test_an_error_survives_the_way_between_processes() -> None:
    import pickle

    error = KehuError([Problem("KH-D01", "a.csv", "x."), Problem("KH-P02", "b", "y.", "z")])
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == str(error) == "KH-D01 a.csv: x.\nKH-P02 b: y. z"
    assert not error.is_usage
    assert json.dumps(error._render_traceback_()) == '["KH-D01 a.csv: x.", "KH-P02 b: y. z"]'
