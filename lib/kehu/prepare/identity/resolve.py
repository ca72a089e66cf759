"""Which customer numbers are one person or firm, why, and which groups a person should look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kehu.errors import raise_all
from kehu.notebook import Session
from kehu.params_identity import IdentityParams
from kehu.prepare.customers import CustomerBase
from kehu.prepare.identity import clusters, compared, exact, fuzzy, overrides
from kehu.prepare.identity.exact import LINKS

BY_HAND = "by_hand"
"""Reason of a link that a person decided."""
_MOST_SHOWN = 20


@dataclass(frozen=True)
class Identity:
    """Who is who.

    Parameters
    ----------
    links : pandas.DataFrame
        The `identity_links` table: `LINKS` and `accepted`.
    persons : pandas.Series
        By customer number: the smallest number of the same person.
    review : pandas.DataFrame
        The `identity_review` table: `review_place`, `review_reason`, `members`,
        `customers`.
    params : IdentityParams
    learnt : bool
        Whether the data gave a model of likely links something to learn from.
    """

    links: pd.DataFrame
    persons: pd.Series
    review: pd.DataFrame
    params: IdentityParams
    learnt: bool = True


def identify(
    run: Session,
    base: CustomerBase,
    params: dict[str, object],
    *,
    phone_region: str = "CN",
    memory_gb: float = 2.0,
) -> Identity:
    """Find the customer numbers that belong to one person or firm.

    Parameters
    ----------
    run : Session
    base : CustomerBase
        One row per customer number.
    params : dict
        The parameter `identity`.
    phone_region : str
        Country of telephone numbers without a code.
    memory_gb : float
        Memory limit while comparing.

    Returns
    -------
    Identity
        With `match: off`, everybody is himself.

    Raises
    ------
    KehuError
        KH-D17: decisions that contradict one another or name strangers.

    Notes
    -----
    A telephone or e-mail alone does not link people whose birth dates differ by more than a slip
    of typing: families share them. A group that cannot be one (too many numbers, two numbers with
    check digits, a pair that people keep apart) loses its fuzzy links; if it still cannot, its
    links by telephone and e-mail; then all but those decided by hand. Each such group, and each
    with two birth dates or unchecked numbers, is listed for review.
    """
    given = IdentityParams.model_validate(params)
    customers = base.customers.execute()
    return resolved(customers, given, run.scratch, Path(run.params_dir), phone_region, memory_gb)


def resolved(
    customers: pd.DataFrame,
    given: IdentityParams,
    scratch: Path,
    params_dir: Path,
    phone_region: str,
    memory_gb: float,
) -> Identity:
    """Resolve a table of customers; see `identify`."""
    if given.match == "off" and given.overrides is None:
        return _everybody(customers["customer_id"], given)
    records = compared.compared(customers, phone_region)
    ids = pd.Index(records["customer_id"])
    decided = overrides.read(given.overrides, params_dir, scratch)
    raise_all(overrides.problems(decided, ids))
    found, shared, learnt = _found(records, given, scratch, memory_gb)
    links = pd.concat([found, _by_hand(decided)], ignore_index=True)
    links["accepted"] = ~(links["match_probability"] < given.threshold)
    links["accepted"] &= ~_of_a_family(links, records.set_index("customer_id")["birth_date"])
    apart = decided[decided["decision"] == "different"]
    links, persons, review = _settled(records.set_index("customer_id"), links, apart, given)
    review = pd.concat([review, shared], ignore_index=True)
    order = ["customer_a", "customer_b", "link_reason"]
    links = links.sort_values(order, ignore_index=True)[[*LINKS, "accepted"]]
    return Identity(links, persons, _numbered(review), given, learnt)


def _everybody(ids: pd.Series, given: IdentityParams) -> Identity:
    """Leave everybody himself."""
    order = pd.Index(ids).sort_values()
    none = pd.DataFrame(columns=[*LINKS, "accepted"])
    return Identity(none, pd.Series(order, index=order, name="person"), _numbered(none), given)


def _found(
    records: pd.DataFrame, given: IdentityParams, scratch: Path, memory_gb: float
) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
    """Find certain and likely links, what is shared by too many, and whether a model was learnt."""
    if given.match == "off":
        return pd.DataFrame(columns=LINKS), pd.DataFrame(columns=["review_reason"]), True
    certain, shared = exact.links(records, given.max_shared)
    if given.match == "exact":
        return certain, shared, True
    likely = fuzzy.links(records, scratch, memory_gb)
    both = certain if likely is None else pd.concat([certain, likely])
    return both, shared, likely is not None


def _of_a_family(links: pd.DataFrame, born: pd.Series) -> pd.Series:
    """Tell the links by telephone or e-mail alone between people of different birth dates."""
    shared = links["link_reason"].isin(["phone", "email"])
    likely = links.loc[links["accepted"] & ~shared, ["customer_a", "customer_b"]]
    pair = pd.MultiIndex.from_frame(links[["customer_a", "customer_b"]])
    alone = shared & ~pair.isin(pd.MultiIndex.from_frame(likely))
    dates = zip(born.reindex(links["customer_a"]), born.reindex(links["customer_b"]), strict=True)
    differ = [alone[i] and clusters.contradict(dates) for i, dates in enumerate(dates)]
    return pd.Series(differ, index=links.index, dtype=bool)


def _by_hand(decided: pd.DataFrame) -> pd.DataFrame:
    same = decided[decided["decision"] == "same"]
    pair = same[["customer_a", "customer_b"]]
    made = pd.DataFrame({"customer_a": pair.min(axis=1), "customer_b": pair.max(axis=1)})
    return made.assign(
        match_weight=float("nan"), match_probability=float("nan"), link_reason=BY_HAND
    )


def _settled(
    records: pd.DataFrame, links: pd.DataFrame, apart: pd.DataFrame, given: IdentityParams
) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """Take links from groups that look wrong, the weakest kind first, until none does."""
    own = links["link_reason"].isin([BY_HAND, "tax_id", "id_number"])
    kinds = (links["link_reason"].str.startswith("fuzzy"), ~own, links["link_reason"] != BY_HAND)
    reviews = []
    for kind in (*kinds, None):
        persons = clusters.members(records.index, links[links["accepted"]])
        bad = clusters.wrong(records, persons, apart, given.max_cluster)
        reviews.append(_described(bad, persons))
        parted = bad.loc[bad["parts"], "person"]
        if parted.empty or kind is None:
            break
        touched = persons.reindex(links["customer_a"]).isin(parted).to_numpy()
        links = links.assign(accepted=links["accepted"] & ~(touched & kind))
    return links, persons, pd.concat(reviews, ignore_index=True)


def _described(bad: pd.DataFrame, persons: pd.Series) -> pd.DataFrame:
    persons = persons[persons.isin(bad["person"])]
    groups = persons.index.to_series().groupby(persons)
    listed = groups.agg(lambda ids: " ".join(list(ids)[:_MOST_SHOWN]))
    size = groups.size()
    return pd.DataFrame(
        {
            "review_reason": bad["review_reason"],
            "members": bad["person"].map(listed),
            "customers": bad["person"].map(size).astype("int64"),
        }
    )


def _numbered(review: pd.DataFrame) -> pd.DataFrame:
    """Put the largest group first and number them; one that came up twice stands once."""
    columns = ["review_reason", "members", "customers"]
    once = review.reindex(columns=columns).drop_duplicates(["review_reason", "members"])
    order = once.sort_values(
        ["customers", "review_reason", "members"], ascending=[False, True, True]
    )
    return order.assign(review_place=range(1, len(order) + 1)).astype({"customers": "int64"})


def write(run: Session, found: Identity) -> None:
    """Store links, review and who is who; with `match: off` and no decision, take them away."""
    if found.params.match == "off" and not len(found.links):
        for name in ("identity_links", "identity_review", "identity"):
            run.table_path(name).unlink(missing_ok=True)
        return
    run.write("identity_links", found.links)
    run.write("identity_review", found.review)
    keys = found.persons.rename_axis("customer_number").reset_index()
    run.write("identity", keys.rename(columns={"person": "customer_id"}))
