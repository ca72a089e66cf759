"""Labelled texts that the user names to learn the sentiment from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from kehu.errors import KehuError, Problem, raise_all
from kehu.voice.sentiment import Labelled

WHERE = "sentiment_training"


def read(path: Path, spec: Mapping[str, Any]) -> Labelled:
    """Read the labelled texts of a CSV file, gzipped or not.

    Parameters
    ----------
    path : Path
    spec : mapping
        The parameter `sentiment_training`: columns `text` and `label`, the labels `good` and `bad`,
        the `encoding`.

    Returns
    -------
    Labelled
        Rows with a text and one of the two labels; others (neutral ones) are left aside.

    Raises
    ------
    KehuError
        KH-D01: no such file; KH-D03: it is no CSV file of this encoding; KH-D04: a column is not in
        it; KH-P05: no row bears one of the labels.
    """
    frame = _table(path, spec["encoding"])
    missing = [spec[name] for name in ("text", "label") if spec[name] not in frame.columns]
    raise_all(
        Problem("KH-D04", path.name, f"there is no column `{name}`.",
                f"Columns: {', '.join(map(str, frame.columns[:20]))}.")
        for name in missing
    )  # fmt: skip
    texts, labels = frame[spec["text"]], frame[spec["label"]].str.strip()
    raise_all(_unused(labels, spec))
    usable = texts.notna() & (texts.str.strip() != "") & labels.isin([spec["good"], spec["bad"]])
    good = (labels[usable] == spec["good"]).astype(int)
    return Labelled(tuple(texts[usable]), tuple(int(g) for g in good))


def chosen(spec: Mapping[str, Any] | None, params_dir: Path) -> Labelled | None:
    """Return the labelled texts that the params name; None where they name none."""
    return read((params_dir / spec["path"]).resolve(), spec) if spec else None


def _table(path: Path, encoding: str) -> pd.DataFrame:
    if not path.is_file():
        remedy = "Correct the path; it starts from the folder of the params file."
        raise KehuError(Problem("KH-D01", WHERE, f"there is no file {path.name}.", remedy))
    try:
        return pd.read_csv(path, dtype="str", encoding=encoding, keep_default_na=False,
                           na_values=[""])  # fmt: skip
    except (ValueError, OSError, EOFError) as error:
        what = f"is no CSV file in {encoding}: {str(error).splitlines()[0]:.80}."
        remedy = "Set `encoding` to utf-8 or gb18030, or save the file as CSV."
        raise KehuError(Problem("KH-D03", path.name, what, remedy)) from None


def _unused(labels: pd.Series, spec: Mapping[str, Any]) -> list[Problem]:
    seen = labels.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    found = ", ".join(f"{label} ({n:,})" for label, n in seen.head(6).items())
    return [
        Problem("KH-P05", f"{WHERE}.{name}", f"no row bears the label `{spec[name]}`.",
                f"Labels of the file: {found}.")
        for name in ("good", "bad") if spec[name] not in seen.index
    ]  # fmt: skip
