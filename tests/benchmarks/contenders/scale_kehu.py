"""The value stage of kehu on purchase lines in a file, step by step, as the notebook calls it."""

import sys
import tempfile
from pathlib import Path

from clock import Clock

from kehu import engine, value
from kehu.store import Run

path, end, memory_gb = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
method = sys.argv[4]
clock, abc_cuts = Clock(), [0.8, 0.95]
terms = value.lifetime.Terms("week", 52, 0.10, 0.30, 20260930)
span = value.history.Span(end, "week")

with tempfile.TemporaryDirectory() as folder:
    backend = engine.connect(Run(Path(folder)), [path], memory_gb)
    lines = backend.read_parquet(path)
    with clock.lap("summary"):
        summary = value.summary.summary(lines, end, "week", "net")
    with clock.lap("hold-out"):
        split = value.holdout.split(lines, end, "week", "net")
    with clock.lap("spend by month"):
        value.summary.monthly(lines)
    with clock.lap("RFM, quantiles"):
        scores = value.rfm.rfm(summary)
    with clock.lap("RFM, k-means"):
        value.rfm.rfm(summary, method="kmeans")
    with clock.lap("RFM grid"):
        value.rfm.grid(scores.table)
    spend = summary["total_spend"]
    with clock.lap("ABC classes"):
        value.concentration.abc_classes(spend, abc_cuts)
    with clock.lap("80/20 curve, Gini"):
        value.concentration.lorenz(spend)
        value.concentration.gini(spend)
    with clock.lap("value matrix"):
        value.concentration.value_matrix(summary["n_orders"], spend / summary["n_orders"])
    history = value.history.History(summary, split, None, "", span)
    with clock.lap("lifetime value: back-tests"):
        trials = value.candidates.try_all(history)
    with clock.lap("lifetime value: fit"):
        models = value.lifetime.fit(method, summary, history)
    with clock.lap("lifetime value: score"):
        clv, total = value.lifetime.score(models, summary, terms)
    with clock.lap("measures and facts"):
        table = value.assess.measures(summary, scores.table, clv, abc_cuts)
        facts = value.assess.facts(summary, table, scores)

triples = summary.groupby(["frequency", "recency", "T"]).ngroups
clock.report(
    ["kehu", "duckdb", "ibis-framework", "pandas", "numpy", "scipy"],
    customers=len(summary),
    orders=summary["n_orders"].sum(),
    triples=triples,
    gini=facts["gini"],
    clv=total[1],
    verdicts={name: trial.verdict for name, trial in trials.items()},
    parameters={p: getattr(models.purchases, p) for p in models.purchases.PARAMETERS},
)
