"""A fact's chain, drawn for the terminal."""

from __future__ import annotations

import json

from rich.text import Text
from rich.tree import Tree

from kehu.run.trace import Step


def tree(step: Step) -> Tree:
    """Draw a fact's chain: what it was made from stands below it."""
    line = f"{step.kind} {step.name}"
    if step.kind == "fact":
        line += f" = {json.dumps(step.value, ensure_ascii=False)}"
    if step.rows is not None:
        line += f"  {step.rows:,} rows"
    if step.sha256:
        line += f"  sha256 {step.sha256[:12]}"
    line += "  (changed since the run ended)" * step.changed + "  (see above)" * step.again
    drawn = Tree(Text(line))
    for origin in step.origins:
        drawn.add(tree(origin))
    return drawn
