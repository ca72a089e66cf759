"""Customers' particulars as they are compared, one row per customer number."""

from __future__ import annotations

import pandas as pd

from kehu.prepare import particulars
from kehu.prepare.identity import names

EXACT = ("phone", "email", "tax_id", "id_number")
"""Particulars that are one person's or firm's own, in the order in which they count as reason."""
FUZZY = ("given", "family", "address", "city", "birth_date")
COLUMNS = ("name", "phone", "email", "tax_id", "id_number", "address", "city", "birth_date")
"""What is compared, of the `customers` table."""


def compared(customers: pd.DataFrame, region: str) -> pd.DataFrame:
    """Bring names, numbers and places to the form in which they are compared.

    Parameters
    ----------
    customers : pandas.DataFrame
        `customer_id` and any of `COLUMNS`; blanks are missing.
    region : str
        Country of telephone numbers without a code.

    Returns
    -------
    pandas.DataFrame
        By `customer_id`, sorted: `EXACT` and `FUZZY`, text, None where there is none or where it
        cannot be one.
    """
    frame = customers.reindex(columns=["customer_id", *COLUMNS]).sort_values("customer_id")
    read = {
        "phone": lambda t: particulars.phone(t, region),
        "email": particulars.email,
        "tax_id": particulars.tax_id,
        "id_number": particulars.id_number,
        "address": names.plain,
        "city": lambda t: names.plain(t).removesuffix("市"),
    }
    found = {name: _mapped(frame[name], reads) for name, reads in read.items()}
    split = _mapped(frame["name"], names.parts)
    found["given"] = split.map(lambda p: p[0] if isinstance(p, tuple) else None)
    found["family"] = split.map(lambda p: p[1] if isinstance(p, tuple) else None)
    found["birth_date"] = pd.to_datetime(frame["birth_date"]).dt.strftime("%Y%m%d")
    made = pd.DataFrame(found | {"customer_id": frame["customer_id"]})
    made = made.reindex(columns=["customer_id", *EXACT, *FUZZY]).reset_index(drop=True)
    return made.astype(object).where(made.notna() & (made != ""), None)


def _mapped(texts: pd.Series, reads: object) -> pd.Series:
    """Read each different text once."""
    assert callable(reads)
    once = {text: reads(text) for text in texts.dropna().unique()}
    return texts.astype(object).map(once)
