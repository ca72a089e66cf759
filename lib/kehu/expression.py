"""Conditions on customers in a small language: `age >= 60 and city in ['北京', '上海']`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pandas as pd

_BY: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
MOST = 500
"""Characters of a condition at most."""


@dataclass(frozen=True)
class Condition:
    """A condition that has been checked.

    Parameters
    ----------
    text : str
        As written.
    tree : ast.expr
        Comparisons of a column with constants, joined by `and`, `or`, `not`.
    """

    text: str
    tree: ast.expr

    @property
    def names(self) -> set[str]:
        """Columns it looks at."""
        return {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}


def parse(text: str, kinds: Mapping[str, str]) -> Condition:
    """Read a condition.

    Parameters
    ----------
    text : str
        Comparisons `column < number`, `18 <= age < 26`, `plan == 'student'`, `city in ['a', 'b']`,
        joined by `and`, `or`, `not` and brackets. Nothing in it is ever run as code.
    kinds : mapping
        Column to `number` or `text`.

    Returns
    -------
    Condition

    Raises
    ------
    ValueError
        What is wrong, in one sentence: it cannot be read, a column is unknown (with the one that
        was probably meant), a text is compared with a number, or something else stands in it.
    """
    if len(text) > MOST:
        raise ValueError(f"is longer than {MOST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError("cannot be read; write e.g. `age >= 60 and city == '北京'`") from None
    _check(tree, kinds)
    return Condition(text, tree)


def _check(node: ast.expr, kinds: Mapping[str, str]) -> None:
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            _check(part, kinds)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _check(node.operand, kinds)
    elif isinstance(node, ast.Compare):
        _check_comparison(node, kinds)
    else:
        raise ValueError(f"`{ast.unparse(node)}` is no comparison; only those, and, or, not")


def _check_comparison(node: ast.Compare, kinds: Mapping[str, str]) -> None:
    sides = [node.left, *node.comparators]
    names = [side for side in sides if isinstance(side, ast.Name)]
    if len(names) != 1:
        raise ValueError(f"`{ast.unparse(node)}` must compare one column with fixed values")
    name = names[0].id
    if name not in kinds:
        near = get_close_matches(name, kinds, 1)
        meant = f"did you mean `{near[0]}`? " if near else ""
        raise ValueError(f"there is no column `{name}`; {meant}known: {', '.join(sorted(kinds))}")
    for how in node.ops:
        if not isinstance(how, ast.In | ast.NotIn) and type(how) not in _BY:
            raise ValueError(f"`{ast.unparse(node)}` uses a comparison that is not known")
        listed = isinstance(how, ast.In | ast.NotIn)
        if listed and (node.left is not names[0] or len(node.ops) > 1):
            raise ValueError(f"`{ast.unparse(node)}`: write `column in [values]`")
        for side in sides:
            if side is not names[0]:
                _check_value(side, kinds[name], name, listed, type(how))


def _check_value(side: ast.expr, kind: str, name: str, listed: bool, how: type[ast.cmpop]) -> None:
    if listed != isinstance(side, ast.List | ast.Tuple | ast.Set):
        raise ValueError(f"`{ast.unparse(side)}`: `in` takes a list, other comparisons one value")
    for value in side.elts if isinstance(side, ast.List | ast.Tuple | ast.Set) else [side]:
        constant = _constant(value)
        is_text = isinstance(constant, str)
        if is_text != (kind == "text"):
            raise ValueError(f"`{name}` is a {kind}, and `{ast.unparse(value)}` is not")
        if is_text and how in (ast.Lt, ast.LtE, ast.Gt, ast.GtE):
            raise ValueError(f"`{name}` is a text and has no order; use ==, != or in")


def _constant(node: ast.expr) -> str | float:
    sign = 1.0
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1.0, node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
        if isinstance(node.value, str) and sign > 0:
            return node.value
        if not isinstance(node.value, str | bool):
            return sign * node.value
    raise ValueError(f"`{ast.unparse(node)}` is no fixed text or number")


def holds(condition: Condition, frame: pd.DataFrame) -> pd.Series:
    """Tell for which rows a condition holds.

    Parameters
    ----------
    condition : Condition
    frame : pandas.DataFrame
        Has the columns it looks at.

    Returns
    -------
    pandas.Series of bool
        Three-valued as in SQL: a comparison with a blank is neither true nor false, and what is
        not true does not hold.
    """
    return _value(condition.tree, frame).fillna(False).astype(bool)


def _value(node: ast.expr, frame: pd.DataFrame) -> pd.Series:
    if isinstance(node, ast.BoolOp):
        parts = [_value(part, frame) for part in node.values]
        found = parts[0]
        for part in parts[1:]:
            found = found & part if isinstance(node.op, ast.And) else found | part
        return found
    if isinstance(node, ast.UnaryOp):
        return ~_value(node.operand, frame)
    assert isinstance(node, ast.Compare)
    return _compared(node, frame)


def _compared(node: ast.Compare, frame: pd.DataFrame) -> pd.Series:
    sides = [node.left, *node.comparators]
    found = pd.Series(True, index=frame.index, dtype="boolean")
    for left, how, right in zip(sides, node.ops, sides[1:], strict=False):
        column = frame[left.id if isinstance(left, ast.Name) else right.id]  # type: ignore[attr-defined]
        if isinstance(how, ast.In | ast.NotIn):
            values = [_constant(e) for e in right.elts]  # type: ignore[attr-defined]
            truth = column.isin(values) == isinstance(how, ast.In)
        else:
            truth = _ordered(left, how, right, column)
        found = found & truth.astype("boolean").mask(column.isna())
    return found


def _ordered(left: ast.expr, by: ast.cmpop, right: ast.expr, column: pd.Series) -> pd.Series:
    a, b = (column if isinstance(s, ast.Name) else _constant(s) for s in (left, right))
    truth: pd.Series = _BY[type(by)](a, b)
    return truth
