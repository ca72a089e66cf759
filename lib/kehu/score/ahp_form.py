"""A form for pairwise judgements in JupyterLab: sliders, the consistency live, YAML to paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import combinations
from typing import Any

from kehu.errors import KehuError, Problem
from kehu.i18n import Translator
from kehu.params_weights import CRITERIA, STRONGEST
from kehu.score.ahp import MOST_INCONSISTENT, Ahp, compare, review
from kehu.score.judgements import pairwise_matrix, said

GOOD, BAD, BAR, TRACK = "#1d6b40", "#a4262c", "#0b5563", "#d7dde2"


class AhpForm:
    """Sliders for all pairs of criteria, and what follows from them.

    As the last line of a cell it displays itself. Move the sliders until the line under them is
    green, then paste the text at the bottom into the params file.

    Parameters
    ----------
    language : {'zh', 'zh-Hant', 'en'}
        Of the labels.
    criteria : sequence of str
        Those to compare, at least two; leave out what the client has no data for.
    judgements : mapping, optional
        Where to start, as in the params file: `value/loyalty` to 1/9…9; decimals move to the
        nearest step. Without them all are equally important.

    Raises
    ------
    KehuError
        KH-P05: judgements that cannot be read; KH-R03: ipywidgets is not installed.
    ValueError
        Fewer than two criteria, or unknown ones.

    Examples
    --------
    >>> form = AhpForm("en", ["value", "loyalty", "potential"])
    >>> form.set("value", "loyalty", 3)
    >>> round(form.result.consistency_ratio, 3)
    0.117
    """

    def __init__(
        self,
        language: str = "zh",
        criteria: Sequence[str] = CRITERIA,
        judgements: Mapping[str, float] | None = None,
    ) -> None:
        if len(criteria) < 2 or not set(criteria) <= set(CRITERIA):
            raise ValueError(f"choose two or more of {', '.join(CRITERIA)}")
        widgets = _ipywidgets()
        self.say = Translator(language, "CNY")
        self.criteria = tuple(c for c in CRITERIA if c in criteria)
        self.sliders = {
            pair: self._slider(widgets, *pair) for pair in combinations(self.criteria, 2)
        }
        self.words = {pair: widgets.HTML() for pair in self.sliders}
        self.verdict, self.weights = widgets.HTML(), widgets.HTML()
        height = f"{1.3 * len(self.sliders) + 8:g}em"
        self.paste = widgets.Textarea(layout=widgets.Layout(width="26em", height=height))
        self.box = widgets.VBox(self._laid_out(widgets))
        for pair, value in self._start(judgements or {}).items():
            self.set(*pair, value)
        for slider in self.sliders.values():
            slider.observe(self._update, names="value")
        self._update()

    @property
    def judgements(self) -> dict[str, float]:
        """The judgements as the params file has them, `value/loyalty` to 1/9…9."""
        return {f"{a}/{b}": slider.value for (a, b), slider in self.sliders.items()}

    @property
    def result(self) -> Ahp:
        """Weights and consistency of the judgements as they are now."""
        criteria, matrix = pairwise_matrix(self.judgements)
        return compare(matrix, criteria)

    @property
    def yaml(self) -> str:
        """The lines for the params file; a comment warns of judgements that will be refused."""
        found = self.result
        limit = "" if found.consistent else f" > {MOST_INCONSISTENT:.2f}"
        lines = [f"# CR {found.consistency_ratio:.3f}{limit}", "weights:", "  method: ahp"]
        lines += ["  judgements:"]
        lines += [f"    {pair}: {said(value)}" for pair, value in self.judgements.items()]
        return "\n".join(lines) + "\n"

    def set(self, first: str, second: str, value: float) -> None:
        """Move the slider of a pair, in either direction, to the step nearest to a judgement.

        Parameters
        ----------
        first, second : str
            Criteria of the form.
        value : float
            1/9…9, the first against the second.
        """
        if (first, second) not in self.sliders:
            first, second, value = second, first, 1 / value
        slider = self.sliders[first, second]
        steps = [step for _, step in slider.options]
        slider.value = min(steps, key=lambda step: abs(step / value + value / step))

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)

    def _start(self, judgements: Mapping[str, float]) -> dict[tuple[str, str], float]:
        """Read the judgements to start with; pairs of other criteria are not asked here."""
        if not judgements:
            return {}
        named, matrix = pairwise_matrix(judgements)
        at = {name: i for i, name in enumerate(named)}
        return {(a, b): float(matrix[at[a], at[b]]) for a, b in self.sliders if a in at and b in at}

    def _slider(self, widgets: Any, first: str, second: str) -> Any:
        values = [*map(float, range(STRONGEST, 0, -1)), *(1 / n for n in range(2, STRONGEST + 1))]
        options = [(self._words(first, second, v), v) for v in values]
        return widgets.SelectionSlider(
            options=options,
            value=1.0,
            continuous_update=False,
            readout=False,
            layout=widgets.Layout(flex="0 0 18em"),
        )

    def _words(self, first: str, second: str, value: float) -> str:
        """Say a judgement in words: which criterion, how much more important."""
        if value == 1:
            return self.say("ahp_form.equal")
        step = round(value if value > 1 else 1 / value)
        words = self.say(f"saaty.step{step}")
        stronger = first if value > 1 else second
        return self.say("ahp_form.more", criterion=stronger, words=words, step=step)

    def _laid_out(self, widgets: Any) -> list[Any]:
        wide = widgets.Layout(flex="0 0 11em")
        rows = []
        for pair, slider in self.sliders.items():
            left, right = (f"<b>{escape(self.say(f'criterion.{c}'))}</b>" for c in pair)
            left = f'<div style="text-align:right;padding-right:0.6em">{left}</div>'
            ends = [widgets.HTML(text, layout=wide) for text in (left, right)]
            rows.append(widgets.HBox([ends[0], slider, ends[1], self.words[pair]]))
        heading = widgets.HTML(f"<h3>{escape(self.say('ahp_form.heading'))}</h3>")
        hint = widgets.HTML(escape(self.say("ahp_form.hint")))
        title = widgets.HTML(f"<b>{escape(self.say('ahp_form.paste'))}</b>")
        foot = widgets.HBox([self.weights, widgets.VBox([title, self.paste])])
        return [heading, hint, *rows, self.verdict, foot]

    def _update(self, change: Any = None) -> None:
        """Write words, verdict, weights and text anew after a slider moved."""
        found = self.result
        for pair, slider in self.sliders.items():
            self.words[pair].value = escape(slider.label)
        self.verdict.value = self._verdict(found)
        self.weights.value = self._bars(found)
        self.paste.value = self.yaml

    def _verdict(self, found: Ahp) -> str:
        colour, key = (GOOD, "good") if found.consistent else (BAD, "bad")
        text = self.say(f"ahp_form.{key}", ratio=found.consistency_ratio)
        made = f'<p style="color:{colour};font-weight:bold">{escape(text)}</p>'
        table = review(found)
        better = table[table["ratio_after"] < found.consistency_ratio - 1e-9]
        if better.empty:
            return made
        row = better.iloc[0]
        text = self.say(
            "ahp_form.doubt",
            first=row["first"],
            second=row["second"],
            given=said(row["judgement"]),
            implied=said(row["implied"], 2),
            suggested=said(row["suggested"]),
            ratio=row["ratio_after"],
        )
        return made + f"<p>{escape(text)}</p>"

    def _bars(self, found: Ahp) -> str:
        """Draw the weights as bars."""
        rows = ""
        for criterion, weight in zip(found.criteria, found.weights, strict=True):
            name, share = self.say(f"criterion.{criterion}"), self.say.format(weight, "percent")
            bar = f"background:{BAR};width:{weight:.1%};height:0.8em"
            rows += (
                f"<tr><td>{escape(name)}</td><td style='width:12em;background:{TRACK}'>"
                f"<div style='{bar}'></div></td><td style='text-align:right'>{share}</td></tr>"
            )
        return f"<b>{escape(self.say('ahp_form.weights'))}</b><table>{rows}</table>"


def _ipywidgets() -> Any:
    """Load ipywidgets, which nothing else in the kit needs."""
    try:
        import ipywidgets
    except ImportError:
        what = "ipywidgets is not installed; the form needs it."
        remedy = 'Install it: pip install "ipywidgets>=8,<9".'
        raise KehuError(Problem("KH-R03", "ahp_form", what, remedy)) from None
    return ipywidgets
