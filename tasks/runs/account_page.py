"""The page of an account: everything that was done for it, the newest first, by the org's clock (D-11)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from blocks.lms.block import Lms
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.common.local_time import local_time
from rules.onboarding.write_back import LMS_COMPANY_ID, RECURLY_BILLING_URL
from tasks.core.artifacts import keep_page, newest_pages
from tasks.core.connections import connection
from tasks.core.dashboard import versions_of_artifact
from tasks.templates import render

Row = Mapping[str, Any]
"""A line of the audit, as it is kept: an `Effect` with who started its run, and the run's page and name."""
MOST_LINES = 300
"""Lines of the page; the account's data has more."""


class Deed(NamedTuple):
    """What one run did for the account on one day.

    Attributes:
        at: the time of its last line, for people.
        name: of the run; "" for a run of an earlier version.
        url: the page of the run.
        by: who or what started it.
        lines: in their order.
    """

    at: str
    name: str
    url: str
    by: str
    lines: tuple[Row, ...]


def account_page_key(account_id: str) -> str:
    """The key of the account's page."""
    return f"account-page-{account_id.lower()}"


async def show_account(account_id: str, name: str, rows: Sequence[Row], data_key: str) -> None:
    """Update the page of an account, which keeps its address.

    Args:
        account_id: 18 characters.
        name: of the account; "" when unknown: the page keeps the name that it has.
        rows: the lines of its audit, the oldest first.
        data_key: of the data with all lines.
    """
    org, lms, policy = await connection(SalesforceOrg), await connection(Lms), await connection(Policy)
    company, key = last_value(rows, LMS_COMPANY_ID), account_page_key(account_id)
    name = name or next((page.description or "" for page in await newest_pages(key, 1)), "") or account_id
    text = render(
        "account.md",
        name=name,
        account_url=org.record_url(account_id),
        company=company,
        company_url=lms.company_url(company),
        billing_url=last_value(rows, RECURLY_BILLING_URL),
        deeds=deeds(rows[-MOST_LINES:], ZoneInfo(policy.time_zone)),
        left_out=len(rows[:-MOST_LINES]),
        data_url=versions_of_artifact(data_key),
    )
    await keep_page(text, key=key, description=name)


def last_value(rows: Sequence[Row], field: str) -> str:
    """The value that a field was given last; "" for none."""
    return next((str(row["after"]) for row in reversed(rows) if row["field"] == field), "")


def deeds(rows: Sequence[Row], zone: ZoneInfo) -> list[Deed]:
    """The lines by run and day, the newest first.

    Args:
        rows: the oldest first.
        zone: of the org.
    """

    def run_and_day(row: Row) -> tuple[str, str]:
        return str(row["run"]), f"{_at(row).astimezone(zone):%Y-%m-%d}"

    groups = [tuple(lines) for _, lines in groupby(sorted(rows, key=run_and_day), run_and_day)]
    newest = sorted(groups, key=lambda lines: max(map(_at, lines)), reverse=True)
    return [
        Deed(
            at=local_time(max(map(_at, lines)), zone),
            name=str(lines[0].get("name", "")),
            url=str(lines[0]["run"]),
            by=str(lines[0].get("by", "")),
            lines=lines,
        )
        for lines in newest
    ]


def _at(row: Row) -> datetime:
    return datetime.fromisoformat(row["at"])
