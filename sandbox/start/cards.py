"""The sales of the demo world as cards: what each shows, a button that closes it, and what came of it."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from sandbox.page import link, state
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema.model import Row
from sandbox.salesforce.schema.standard import CLOSED_WON
from sandbox.start.runs import Run

_GROUPS: Final = {
    "first": "Try these first",
    "through": "Sales that go through by themselves",
    "asked": "Sales about which somebody is asked",
    "other": "Sales that wait for a system, or need nothing",
}


class Cards:
    """The cards of an org's sales.

    Args:
        org: where the sales are.
        runs: the run of each sale that has one, by the opportunity's id.
        omitted: the opportunities that the Onboarding Report leaves out.
    """

    def __init__(self, org: Org, runs: Mapping[str, Run], omitted: Iterable[str]) -> None:
        self._org, self._runs, self._omitted = org, runs, frozenset(omitted)

    def first(self) -> str:
        """The sales to begin with; "" where the world has none."""
        return self._group("first")

    def others(self) -> str:
        """All other sales, by what becomes of them."""
        return "".join(map(self._group, [name for name in _GROUPS if name != "first"]))

    def _group(self, name: str) -> str:
        sales = [one for one in self._org.shows if one["outcome"] == name]
        if not sales:
            return ""
        return f"<h2>{_GROUPS[name]}</h2><div class='cards'>{''.join(map(self._card, sales))}</div>"

    def _card(self, sale: dict[str, str]) -> str:
        record_id = sale["opportunity_id"]
        row = self._org.store.live("Opportunity", record_id)
        if row is None:
            return ""
        shows = sale["shows"][:1].upper() + sale["shows"][1:]
        return (
            f"<article class='card' id='{record_id}'><h3>{escape(sale['company'])}</h3>"
            f"<p>{escape(shows)}</p><p class='soft'>{escape(sale['hint'])}</p>"
            f"<div class='foot'>{self._closing(row)}{self._report(record_id)}"
            f"{link(_record(record_id), 'Opportunity')}</div></article>"
        )

    def _closing(self, row: Row) -> str:
        record_id = row["Id"]
        if not row["IsClosed"]:
            return (
                f"<form method='post' action='{_record(record_id)}'>"
                "<input type='hidden' name='field' value='StageName'>"
                f"<input type='hidden' name='value' value='{CLOSED_WON}'>"
                f"<input type='hidden' name='next' value='/#{record_id}'>"
                "<button class='primary'>Close this sale</button></form>"
            )
        run = self._runs.get(record_id)
        shown = state(run.state if run else "no run yet", run.tone if run else "")
        answer = f" {link('/slack/', 'Answer in Slack')}" if run and run.waits else ""
        account = f" {link(_record(row['AccountId']), 'Account')}" if row.get("AccountId") else ""
        links = f"{link(f'/start/runs/{record_id}', 'Its run')}{answer}{account}"
        return f"{state(row['StageName'], 'good')} {shown} {links}"

    def _report(self, record_id: str) -> str:
        if record_id not in self._omitted:
            return ""
        return (
            f"<form method='post' action='/start/report'><input type='hidden' name='opportunity' value='{record_id}'>"
            "<button>Put into the report</button></form>"
        )


def closed_sales(org: Org) -> list[str]:
    """The ids of the demo world's sales that were closed."""
    rows = (org.store.live("Opportunity", one["opportunity_id"]) for one in org.shows)
    return [str(row["Id"]) for row in rows if row and row["IsClosed"]]


def clients(rows: Iterable[dict[str, Any]]) -> list[list[str]]:
    """Clients in service and what each shows, a line each."""
    return [[link(_record(one["account_id"]), one["name"]), escape(one["shows"])] for one in rows]


def _record(record_id: str) -> str:
    return f"/salesforce/lightning/r/{record_id}/view"
