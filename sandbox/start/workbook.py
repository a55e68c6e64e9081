"""A workbook to try an account transition with: the book of the demo's CSM who goes on leave."""

import csv
import io
from itertools import cycle
from typing import Final

from sandbox.salesforce.org import Org

LEAVER: Final = "Hana Berg"
NAME: Final = "hana-berg.csv"
_ROWS: Final = 6
_SUCCESSORS: Final = ("Ada Novak", "Finn Larsen", "Cleo Dubois")


def transition_workbook(org: Org) -> str:
    """Some accounts of the CSM, each with a new CSM, as CSV; "" where the world has no such CSM."""
    tables = org.store.tables
    leavers = [row["Id"] for row in tables["User"].holding("Name", [LEAVER])]
    names = sorted(row["Name"] for row in tables["Account"].holding("Customer_Success_Manager__c", leavers))
    if not names:
        return ""
    chosen = names[:: max(1, len(names) // _ROWS)][:_ROWS]
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(["Account", "New CSM", "Reason"])
    rows.writerows([name, csm, "Leave"] for name, csm in zip(chosen, cycle(_SUCCESSORS), strict=False))
    return text.getvalue()
