"""Which rules each of the client's other tables goes through, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from kehu.prepare.ledger import Rule


@dataclass(frozen=True)
class Treatment:
    """How one table is cleaned.

    Parameters
    ----------
    dated : str
        Column that places a row in time.
    aside : str
        Rules that set rows aside which cannot be used, in their order.
    repairs : str
        Rules that mend a cell and keep the row.
    is_event : bool
        Whether rows dated after the analysis date are set aside: they were not observed.
    conflicts : str
        Rules that set aside rows which contradict themselves.
    """

    dated: str
    aside: str
    repairs: str
    is_event: bool = True
    conflicts: str = ""

    def rules(self, *, duplicates: bool) -> list[Rule]:
        """List the rules; a row leaves at the first that takes it."""
        first = ["malformed_row", "blank_row", "total_row", *self.aside.split()]
        last = ["after_analysis_date"] * self.is_event
        return [
            *(Rule(name, "quarantine") for name in first),
            *(Rule(name, "repair") for name in ["filled_down", *self.repairs.split()]),
            *(Rule(name, "quarantine") for name in last),
            *([Rule("duplicate_row", "merge")] if duplicates else []),
            *(Rule(name, "quarantine") for name in self.conflicts.split()),
        ]


TREATMENTS = {
    "interactions": Treatment(
        dated="date",
        aside="unreadable_date missing_interaction excluded_value shortened_id",
        repairs="id_trimmed id_decimal closed_blank open_date closed_later closed_early closed_day",
    ),
    "surveys": Treatment(
        dated="date",
        aside="missing_question out_of_scale unreadable_weight shortened_id",
        repairs="id_trimmed id_decimal date_blank",
    ),
    "payments": Treatment(
        dated="due",
        aside="unreadable_due unreadable_paid unreadable_amount missing_customer shortened_id",
        repairs="id_trimmed id_decimal amount_rounded open_date paid_later",
        is_event=False,
    ),
    "holdings": Treatment(
        dated="start",
        aside="unreadable_end missing_customer shortened_id",
        repairs="id_trimmed id_decimal amount_rounded start_blank open_date balance_blank "
        "fee_blank usage_blank claims_blank",
        conflicts="end_before_start",
    ),
    "referrals": Treatment(
        dated="date",
        aside="missing_customer missing_referred shortened_id",
        repairs="id_trimmed id_decimal date_blank",
        conflicts="self_referral",
    ),
    "costs": Treatment(
        dated="date",
        aside="unreadable_date missing_cost excluded_value unreadable_amount shortened_id",
        repairs="id_trimmed id_decimal amount_rounded",
    ),
    "campaigns": Treatment(
        dated="date",
        aside="unreadable_date missing_campaign missing_customer shortened_id",
        repairs="id_trimmed id_decimal amount_rounded amount_blank",
    ),
    "benchmarks": Treatment(
        dated="date",
        aside="missing_indicator unreadable_figure",
        repairs="date_blank",
        is_event=False,
    ),
    "judgements": Treatment(
        dated="date",
        aside="unreadable_date missing_criterion missing_mark out_of_scale missing_author "
        "missing_customer shortened_id",
        repairs="id_trimmed id_decimal",
        is_event=False,
    ),
}
"""Tables besides transactions and customers.

A payment may fall due after the analysis date, and people judge when the period is over: neither
is set aside. What would change its meaning when left blank (the date of a payment or of a
contract's end) sets the row aside where it cannot be read.
"""
