"""Lineage: from a number of the report back to rows and checksums of the client's files."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from tests.conftest import called

from kehu import tables
from kehu.errors import KehuError
from kehu.run import manifest, plan, trace
from kehu.run.trace import Step
from kehu.store import PROJECT, Run

FACT = "value.gini"


def steps(step: Step) -> list[Step]:
    return [step, *(below for origin in step.origins for below in steps(origin))]


def chain(run: Run, fact: str) -> Step:
    return trace.trace(str(run.folder), fact)


@pytest.fixture
def copy(demo_run: Run, tmp_path: Path) -> Run:
    folder = shutil.copytree(demo_run.folder, tmp_path / "demo" / "2026Q3")
    return Run(Path(folder))


def test_every_stage_has_an_openlineage_event(demo_run: Run) -> None:
    events = manifest.read(demo_run)["lineage"]
    assert [e["job"]["name"] for e in events] == list(plan.STAGES)
    assert len({UUID(e["run"]["runId"]) for e in events}) == len(events)
    for event in events:
        assert event["eventType"] == "COMPLETE"
        assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
        assert event["schemaURL"].endswith("#/$defs/RunEvent")
        for side in ("inputs", "outputs"):
            assert all(d["namespace"] == "kehu/demo/2026Q3" for d in event[side])


def test_tables_are_written_once_and_read_only_afterwards(demo_run: Run) -> None:
    written: set[str] = set()
    for event in manifest.read(demo_run)["lineage"]:
        read = {d["name"] for d in event["inputs"] if d["name"].startswith("tables/")}
        wrote = {d["name"] for d in event["outputs"]}
        assert read <= written
        assert not wrote & written
        written |= wrote
    stored = {f"tables/{p.stem}" for p in (demo_run.folder / "tables").iterdir()}
    assert written == stored


def test_what_a_notebook_reads_is_noted_whether_into_pandas_or_the_engine(demo_run: Run) -> None:
    events = {e["job"]["name"]: e for e in manifest.read(demo_run)["lineage"]}
    read = {stage: {d["name"] for d in event["inputs"]} for stage, event in events.items()}
    assert read["20_value"] == {"tables/transactions"}
    assert {"tables/segments", "tables/value"} <= read["60_actions"]
    assert read["10_prepare"] == {
        f"sources/{s['file']}" for s in manifest.read(demo_run)["sources"]
    }


@pytest.mark.parametrize(
    "fact", ["prepare.rows_kept", FACT, "score.cac", "segments.n_key", "voice.nps"]
)
def test_a_number_leads_to_files_with_the_rows_and_checksums_they_have(
    demo_run: Run, fact: str
) -> None:
    found = chain(demo_run, fact)
    assert found.value == demo_run.facts()[fact]
    files = [s for s in steps(found) if s.kind == "source"]
    assert files
    raw = PROJECT / "data" / "raw" / "demo"
    for file in files:
        assert manifest.sha256(raw / file.name) == file.sha256
    profile = demo_run.read("profile").set_index("source")["rows"]
    assert all(profile[file.name] == file.rows for file in files)
    assert not any(s.changed for s in steps(found))


def test_the_cell_named_is_the_one_that_stores_the_fact(demo_run: Run) -> None:
    cell = chain(demo_run, FACT).origins[0].name
    stage, _, name = cell.partition("#")
    notebook = json.loads((demo_run.folder / "notebooks" / f"{stage}.ipynb").read_text("utf-8"))
    source = "".join(next(c["source"] for c in notebook["cells"] if c["id"] == name))
    assert stage == "20_value"
    assert "run.save(" in source


def test_each_notebook_stores_its_facts_in_one_cell() -> None:
    for stage in plan.STAGES:
        notebook = json.loads(plan.notebook_path(stage).read_text("utf-8"))
        saves = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
        assert sum("run.save(" in source for source in saves) <= 1, stage


def test_a_table_changed_after_the_run_is_told(copy: Run) -> None:
    name = "transactions"
    frame = copy.read(name)
    tables.to_arrow_file(frame.head(10), name, copy.table_path(name))
    changed = {s.name for s in steps(chain(copy, FACT)) if s.changed}
    assert changed == {name}


def test_facts_changed_by_hand_are_told(copy: Run) -> None:
    path = copy.folder / "facts.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {FACT: 0.99}), "utf-8")
    assert chain(copy, FACT).changed


def test_an_unknown_fact_names_near_ones(demo_run: Run) -> None:
    with pytest.raises(KehuError, match=r"KH-R04 .*`value\.gni`.*value\.gini"):
        chain(demo_run, "value.gni")


def test_a_run_of_an_older_kehu_says_so(copy: Run) -> None:
    path = copy.folder / manifest.NAME
    made = json.loads(path.read_text("utf-8"))
    del made["lineage"]
    path.write_text(json.dumps(made), "utf-8")
    with pytest.raises(KehuError, match=r"KH-R02 .*older kehu"):
        chain(copy, FACT)


def test_the_command_draws_the_chain_lists_the_facts_and_writes_json(demo_run: Run) -> None:
    reports = demo_run.folder.parents[1]
    drawn = called("trace", "demo/2026Q3", "actions.stake", reports=reports)
    assert drawn.exit_code == 0
    assert drawn.output.startswith("fact actions.stake = ")
    assert "source orders_2025_2026.csv" in drawn.output
    assert all(re.search(r"(^fact|notebook|table|source) ", x) for x in drawn.output.splitlines())
    assert not re.search(r"sha256 (?![0-9a-f]{12})", drawn.output), "a line is cut"
    listed = called("trace", "demo/2026Q3", reports=reports).output.splitlines()
    assert len(listed) == len(demo_run.facts())
    as_json = json.loads(called("trace", "demo/2026Q3", FACT, "--json", reports=reports).stdout)
    assert as_json["value"] == demo_run.facts()[FACT]
    wrong = called("trace", "demo/2026Q3", "value.gni", reports=reports)
    assert wrong.exit_code == 1
    assert "Traceback" not in wrong.output
