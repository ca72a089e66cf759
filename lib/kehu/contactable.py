"""Whom the client may contact: consent honoured in every list that asks for a contact."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from kehu.errors import KehuError, Problem

Consent = Literal["required", "opt_out", "ignore"]


def may_contact(customers: pd.DataFrame, rule: Consent) -> pd.Series:
    """Tell which customers a list may ask to contact.

    Parameters
    ----------
    customers : pandas.DataFrame
        Contract `customers`.
    rule : {'required', 'opt_out', 'ignore'}
        `required`: only those who agreed; `opt_out`: all but those who refused; `ignore`: all.

    Returns
    -------
    pandas.Series of bool
        By customer number.

    Raises
    ------
    KehuError
        KH-D11: nobody has agreed, and `required` asks for it.
    """
    agreed = customers.set_index("customer_id")["consent"].astype("boolean")
    if rule == "ignore":
        return pd.Series(True, index=agreed.index)
    if rule == "opt_out":
        return agreed.fillna(True).astype(bool)
    allowed = agreed.fillna(False).astype(bool)
    if len(allowed) and not allowed.any():
        what = "no customer has agreed to be contacted, and `consent: required` asks for it."
        remedy = "Map `consent` in `columns` of customers, or set `consent: opt_out`."
        raise KehuError(Problem("KH-D11", "consent", what, remedy))
    return allowed
