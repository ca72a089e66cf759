"""A composed report notebook, Chinese or English, with every kind of markup a report may hold."""

from __future__ import annotations

import base64
import datetime as dt
from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import yaml
from great_tables import GT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from kehu.report import style
from kehu.report.html import ReportMeta

TEXT = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))


def meta(language: str) -> ReportMeta:
    zh = language != "en"
    return ReportMeta(
        title="客户价值分析报告" if zh else "Customer value report",
        subtitle="谁在贡献价值，谁正在流失，下一步先做什么"
        if zh
        else "Who carries the value, who is leaving, and what to do first",
        client="示例商城有限公司" if zh else "Demo Shop Ltd",
        period="2026 年第三季度" if zh else "Q3 2026",
        analysis_date="2026年9月30日" if zh else "30 September 2026",
        issued=dt.date(2026, 9, 30),
        language=language,
        labels=TEXT["zh" if zh else "en"]["labels"],
        author="华东咨询团队" if zh else "East China practice",
        run_id="demo-2026Q3-7f3a",
    )


def notebook(language: str) -> nbformat.NotebookNode:
    zh = language != "en"
    text = TEXT["zh" if zh else "en"]
    cells = [
        new_markdown_cell(text["bottom"]),
        shown(tiles(text["tiles"])),
        shown(findings(text["findings"])),
        shown(decisions(text["decide"], text["decisions"])),
        new_markdown_cell(text["value"]),
        shown(lorenz(language, text)),
        new_markdown_cell(text["value2"]),
        shown(segments(language, text)),
        shown(f'<div class="note"><p>{text["note"]}</p></div>'),
        new_markdown_cell(text["list"]),
        shown(customers(zh, text)),
        new_markdown_cell(text["cards"]),
        shown("".join(card(c, text["fields"]) for c in text["people"])),
        new_markdown_cell(text["assume"]),
        shown(assumptions(text)),
        shown(f'<div class="warning"><p>{text["warning"]}</p></div>'),
        new_markdown_cell(text["glossary"]),
        shown(glossary(text["terms"])),
    ]
    return new_notebook(cells=cells)


def shown(html: str, **kinds: str) -> nbformat.NotebookNode:
    output = new_output("display_data", data={"text/html": html, "text/plain": "<HTML>", **kinds})
    return new_code_cell("report.show()", outputs=[output])


def tiles(rows: list[tuple[str, str, str]]) -> str:
    inner = "".join(
        f'<div class="tile"><p class="tile-label">{a}</p><p class="tile-value">{b}</p>'
        f'<p class="tile-note">{c}</p></div>'
        for a, b, c in rows
    )
    return f'<div class="tiles">{inner}</div>'


def findings(rows: list[tuple[str, str]]) -> str:
    inner = "".join(f"<li><strong>{head}</strong> {rest}</li>" for head, rest in rows)
    return f'<ol class="findings">{inner}</ol>'


def decisions(lead: str, rows: list[str]) -> str:
    inner = "".join(f"<li>{row}</li>" for row in rows)
    return f'<div class="decisions"><p><strong>{lead}</strong></p><ol>{inner}</ol></div>'


def chart(figure: plt.Figure, ident: str, caption: str, sub: str, alt: str, source: str) -> str:
    data = base64.b64encode(style.svg(figure)).decode()
    plt.close(figure)
    return (
        f'<figure class="chart" id="{ident}"><figcaption>{caption}</figcaption>'
        f'<p class="subtitle">{sub}</p>'
        f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'
        f'<p class="source">{source}</p></figure>'
    )


def lorenz(language: str, text: dict) -> str:
    with style.house_style(language) as colours:
        spend = np.sort(np.random.default_rng(7).pareto(1.4, 4000))[::-1]
        figure, axes = plt.subplots()
        axes.plot(np.linspace(0, 100, 4000), 100 * spend.cumsum() / spend.sum())
        axes.plot([0, 100], [0, 100], color=colours.muted, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.annotate(text["top20"], (20, 64), (30, 50), color=colours.accent)
        axes.set(xlabel=text["share_c"], ylabel=text["share_r"], xlim=(0, 100), ylim=(0, 101))
        return chart(figure, "fig-lorenz", *text["lorenz"], text["source"])


def segments(language: str, text: dict) -> str:
    with style.house_style(language) as colours:
        figure, axes = plt.subplots(figsize=(style.TEXT_WIDTH, 3.4))
        where = np.arange(len(text["segs"]))
        share = ([8, 14, 9, 26, 18, 25], [41, 22, 11, 14, 8, 4])
        axes.barh(where - 0.19, share[1], 0.36, label=text["share_r"], color=colours.series[0])
        axes.barh(where + 0.19, share[0], 0.36, label=text["share_c"], color=colours.series[2])
        axes.set_yticks(where, text["segs"])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("%")
        axes.legend(loc="lower right")
        return chart(figure, "fig-segments", *text["segfig"], text["source"])


def customers(zh: bool, text: dict) -> str:
    rng = np.random.default_rng(3)
    n = 30
    clv = np.sort(rng.lognormal(10.5, 0.7, n))[::-1]
    share = clv / clv.max()
    frame = pd.DataFrame(
        {
            "id": [f"{i:08d}" for i in rng.integers(0, 10**8, n)],
            "name": [text["names"][i % len(text["names"])] for i in range(n)],
            "segment": [text["segs"][i % 6] for i in range(n)],
            "orders": rng.integers(2, 60, n),
            "spend": rng.lognormal(10, 0.8, n),
            "clv": clv,
            "p": rng.uniform(0.1, 0.99, n),
            "share": share,
            "action": [text["todo"][i % len(text["todo"])] for i in range(n)],
        }
    )
    table = (
        GT(frame, id="customers")
        .cols_label(**dict(zip(frame.columns, text["columns"], strict=True)))
        .fmt_integer("orders")
        .fmt_number(["spend", "clv"], decimals=0)
        .fmt_percent(["p", "share"], decimals=1)
    )
    caption, sub = text["table"]
    return exhibit("tbl-customers", caption, sub, table.as_raw_html(), text["source"])


def assumptions(text: dict) -> str:
    frame = pd.DataFrame(text["assumptions"], columns=text["assume_columns"])
    html = GT(frame, id="assume").as_raw_html()
    for tone, word in zip(("green", "amber", "red"), text["rag"], strict=True):
        html = html.replace(f">@{tone}<", f'><span class="rag rag-{tone}">{word}</span><')
    return exhibit("tbl-assume", *text["assume_caption"], html, text["source"])


def exhibit(ident: str, caption: str, sub: str, table: str, source: str) -> str:
    return (
        f'<div class="table" id="{ident}"><p class="caption">{caption}</p>'
        f'<p class="subtitle">{sub}</p>{table}<p class="source">{source}</p></div>'
    )


def card(person: dict, fields: list[str]) -> str:
    rows = "".join(
        f"<dt>{k}</dt><dd>{v}</dd>" for k, v in zip(fields, person["facts"], strict=True)
    )
    head = f'{person["name"]} <span class="badge">{person["badge"]}</span>'
    return f'<section class="card"><h4>{head}</h4><p>{person["text"]}</p><dl>{rows}</dl></section>'


def glossary(terms: list[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{a}</dt><dd>{b}</dd>" for a, b in terms) + "</dl>"
