"""Sentiment on public Chinese reviews with labels: accuracy that was never seen, and topics."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kehu.store import PROJECT
from kehu.voice import sentiment, text, topic_model

SHARED = Path(os.environ.get("KEHU_SHARED_DATA") or PROJECT.parent / "shared" / "data")
REVIEWS = SHARED / "reviews_cn"
EACH = 1000

pytestmark = pytest.mark.skipif(not REVIEWS.is_dir(), reason=f"no public reviews in {REVIEWS}")


def reviews(name: str) -> pd.DataFrame:
    """Draw a thousand good and a thousand bad reviews, each of its own words."""
    rows = pd.read_csv(REVIEWS / f"{name}.csv.gz").dropna().drop_duplicates("review")
    parts = (rows[rows["label"] == c].sort_values("review") for c in (1, 0))
    return pd.concat([part.sample(EACH, random_state=1) for part in parts])


@pytest.mark.parametrize(
    ("name", "least"),
    [
        pytest.param("ChnSentiCorp_htl_all", 0.85, marks=pytest.mark.slow),
        ("waimai_10k", 0.80),
    ],
)
def test_cross_validated_accuracy_on_two_thousand_reviews(name: str, least: float) -> None:
    rows = reviews(name)
    positive = sentiment.cross_validated(list(rows["review"]), rows["label"], seed=1)
    made = sentiment.accuracy(rows["label"], positive)
    assert made.texts == 2 * EACH
    assert made.accuracy >= least
    assert made.low > least - 0.02
    assert made.guess == 0.5
    assert made.brier < 0.12
    sure = np.abs(positive - 0.5) > 0.4
    right = (positive[sure] > 0.5) == (rows["label"].to_numpy()[sure] == 1)
    assert right.mean() > 0.93, "who is sure is right"


@pytest.mark.skipif(not text.available(), reason="the extra `text` is not installed")
def test_topics_of_hotel_reviews_are_those_a_guest_would_name() -> None:
    rows = sorted(reviews("ChnSentiCorp_htl_all")["review"])
    found = topic_model.fit(text.words(rows, "zh"), 8, 1)
    assert found is not None
    leading = {term for terms in found.terms for term in terms[:5]}
    assert {"早餐", "前台"} <= leading
    assert leading & {"交通", "方便", "位置"}
    assert (found.topic >= 0).mean() > 0.85
