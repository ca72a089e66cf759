"""Where every table came from: one OpenLineage event for each notebook of a run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from kehu import tables
from kehu.notebook import reads
from kehu.run import plan
from kehu.store import Run

SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
VERSION_FACET = (
    "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json"
    "#/$defs/DatasetVersionDatasetFacet"
)
ROWS_FACETS = {
    "inputs": (
        "inputFacets", "inputStatistics",
        "https://openlineage.io/spec/facets/1-0-0/InputStatisticsInputDatasetFacet.json"
        "#/$defs/InputStatisticsInputDatasetFacet",
    ),
    "outputs": (
        "outputFacets", "outputStatistics",
        "https://openlineage.io/spec/facets/1-0-2/OutputStatisticsOutputDatasetFacet.json"
        "#/$defs/OutputStatisticsOutputDatasetFacet",
    ),
}  # fmt: skip
PREPARE = plan.STAGES[0]
"""The notebook that reads the client's files; all others read tables."""


def events(
    run: Run,
    sources: Sequence[Mapping[str, Any]],
    made: Mapping[str, Mapping[str, Any]],
    finished_at: str,
) -> list[dict[str, Any]]:
    """Describe what each notebook read and wrote.

    Parameters
    ----------
    run : Run
        Just executed: its scratch folder still holds what each notebook noted as read.
    sources : sequence of mapping
        The client's files: `file`, `table`, `rows`, `sha256`.
    made : mapping
        Table of the run to `rows` and `sha256`.
    finished_at : str
        ISO time with its zone.

    Returns
    -------
    list of dict
        OpenLineage `RunEvent`, one a notebook, in the order they ran. Datasets are named
        `sources/<file>` and `tables/<name>` in the namespace of the run.
    """
    files = [_dataset(run, f"sources/{s['file']}", s, "inputs") for s in _once(sources)]
    found = []
    for stage in plan.STAGES:
        read = [_dataset(run, f"tables/{n}", made[n], "inputs") for n in reads(run, stage)]
        wrote = [
            _dataset(run, f"tables/{n}", made[n], "outputs")
            for n in sorted(made)
            if tables.contract(n).stage == stage
        ]
        inputs = [*(files if stage == PREPARE else []), *read]
        found.append(_event(run, stage, finished_at, inputs, wrote))
    return found


def _once(sources: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """List each file once, also where two tables are read from it."""
    return list({s["file"]: s for s in sources}.values())


def _dataset(run: Run, name: str, said: Mapping[str, Any], side: str) -> dict[str, Any]:
    place, facet, schema = ROWS_FACETS[side]
    return {
        "namespace": f"kehu/{run.name}",
        "name": name,
        "facets": {"version": _facet(VERSION_FACET, datasetVersion=said["sha256"])},
        place: {facet: _facet(schema, rowCount=int(said["rows"]))},
    }


def _facet(schema: str, **values: Any) -> dict[str, Any]:
    return {"_producer": _producer(), "_schemaURL": schema, **values}


def _producer() -> str:
    return f"urn:kehu:{version('kehu')}"


def _event(
    run: Run, stage: str, finished_at: str, inputs: list[Any], outputs: list[Any]
) -> dict[str, Any]:
    made_of = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:kehu:{run.name}:{stage}:{finished_at}")
    return {
        "eventType": "COMPLETE",
        "eventTime": finished_at,
        "producer": _producer(),
        "schemaURL": SPEC,
        "run": {"runId": str(made_of)},
        "job": {"namespace": "kehu", "name": stage},
        "inputs": inputs,
        "outputs": outputs,
    }
