"""Links between customers who share a telephone, an e-mail, a tax or an identity number."""

from __future__ import annotations

import pandas as pd

from kehu.prepare.identity.compared import EXACT

LINKS = ["customer_a", "customer_b", "match_weight", "match_probability", "link_reason"]
_SHARED = {"phone": "shared_phone", "email": "shared_email"}
_OWN = ("tax_id", "id_number")
"""Numbers of a register: however many customers share one, they are one."""


def links(records: pd.DataFrame, max_shared: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Link every customer to the first one with the same particular.

    Parameters
    ----------
    records : pandas.DataFrame
        As `compared` gives it.
    max_shared : int
        Customers that may share a telephone or an e-mail; one of more is a shop's or a
        switchboard's and links nobody.

    Returns
    -------
    links : pandas.DataFrame
        `LINKS`, the smaller number first; weight and probability blank: the link is certain.
    shared : pandas.DataFrame
        Values that link nobody: `review_reason`, `members`, `customers`.
    """
    found = [_of(records, name) for name in EXACT]
    linked = pd.concat([pairs for pairs, _ in found], ignore_index=True)
    groups = pd.concat([groups for _, groups in found], ignore_index=True)
    many = (groups["customers"] > max_shared) & ~groups["column"].isin(_OWN)
    left_out = linked["value"].isin(groups.loc[many, "value"])
    shared = groups[many].reset_index(drop=True)
    shared = shared.assign(review_reason=shared["column"].map(_SHARED))
    kept = linked.loc[~left_out, LINKS].reset_index(drop=True)
    return kept, shared[["review_reason", "members", "customers"]]


def _of(records: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    given = records.loc[records[name].notna(), ["customer_id", name]]
    size = given.groupby(name)["customer_id"].transform("size")
    given = given[size > 1].sort_values([name, "customer_id"])
    first = given.groupby(name)["customer_id"].transform("first")
    pairs = pd.DataFrame(
        {"customer_a": first, "customer_b": given["customer_id"], "value": name + "=" + given[name]}
    )
    pairs = pairs[pairs["customer_a"] != pairs["customer_b"]]
    pairs = pairs.assign(match_weight=float("nan"), match_probability=float("nan"))
    by_value = given.groupby(name)["customer_id"].agg(["size", lambda ids: " ".join(ids[:20])])
    groups = pd.DataFrame(
        {
            "column": name,
            "value": name + "=" + by_value.index.astype(str),
            "customers": by_value.iloc[:, 0].to_numpy(),
            "members": by_value.iloc[:, 1].to_numpy(),
        }
    )
    return pairs.assign(link_reason=name), groups
