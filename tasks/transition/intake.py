"""The steps before a plan: the workbook comes in, its rows are matched, the accounts analysed (TRN-2, TRN-6)."""

import asyncio
import base64
import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NotRequired, TypedDict
from urllib.parse import urlsplit

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.books import Csm
from rules.common.spreadsheet import UnreadableWorkbook
from rules.transition.match import MatchedAccount, NewCsm, match
from rules.transition.plan import TransitionPlan, plan
from rules.transition.rows import COLUMNS, HEADER_ROW
from tasks.core.connections import connection
from tasks.core.errors import BadInput
from tasks.core.policy import load_policy
from tasks.core.steps import gather_all, read_task, write_task
from tasks.salesforce.team import (
    absences_from,
    asked_days,
    books_from,
    books_statement,
    calendar_statement,
    csms_from,
    team_statement,
)
from tasks.salesforce.transition import read_meant
from tasks.slack.files import SharedFile, from_slack
from tasks.transition.account_facts import read_facts
from tasks.transition.policy import transition_terms
from tasks.transition.workbook import Sheet, read_sheet
from tasks.workbooks.reader import LARGEST_FILE
from tasks.workbooks.sources import from_disk, from_web

SUFFIXES = (".xlsx", ".csv")
NOBODY = "001000000000000AAA"
"""The id of no account."""
ELSEWHERE = (
    "This is a link to a sheet that lies elsewhere, for example in Google Sheets. I can read .xlsx and .csv. "
    "In Google Sheets choose File > Download > Microsoft Excel (.xlsx)."
)
_IN_SLACK = re.compile(r"slack:(F[A-Z0-9]{1,30})")


class Workbook(TypedDict):
    """A workbook as it came in.

    Attributes:
        name: for people.
        content: in base64.
        by: the member id of who shared it in Slack; missing when it came otherwise.
        thread: channel and thread in which it was shared in Slack; missing when there is not exactly one.
        problem: why there is nothing to read; missing otherwise.
    """

    name: str
    content: str
    by: NotRequired[str]
    thread: NotRequired[list[str]]
    problem: NotRequired[str]


@write_task("Take in {source}")
async def take_in(source: str) -> Workbook:
    """Read the workbook once: what is planned and approved is this, whatever becomes of the file.

    Of one that is too large a byte too many is read: `sheet_of` refuses it.

    Args:
        source: a path in the worker's folder of workbooks, an address (https), or `slack:` and a file's id there.

    Raises:
        BadInput: it cannot be read.
        VendorUnavailable: its server does not answer.
        VendorRefused: Slack has no such file, or the app may not see it.
    """
    if found := _IN_SLACK.fullmatch(source):
        return _shared(await from_slack(found[1], LARGEST_FILE + 1))
    if urlsplit(source).scheme in ("http", "https"):
        content = await from_web(source, LARGEST_FILE + 1)
    else:
        content = await asyncio.to_thread(from_disk, Path(source), LARGEST_FILE + 1)
    name = Path(urlsplit(source).path or source).name
    return Workbook(name=name, content=base64.b64encode(content).decode())


def _shared(file: SharedFile) -> Workbook:
    given = Workbook(name=file.name, content=base64.b64encode(file.content or b"").decode(), by=file.by)
    if file.content is None:
        given["problem"] = ELSEWHERE
    if file.thread:
        given["thread"] = list(file.thread)
    return given


def of_one_row(cells: Mapping[str, str]) -> Workbook:
    """A form for one account as a workbook of one row: what is checked of one is checked of the other."""
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS)
    rows.writeheader()
    rows.writerow(dict(cells))
    return Workbook(name=cells[COLUMNS[0]], content=base64.b64encode(text.getvalue().encode()).decode())


def sheet_of(given: Workbook, today: date) -> Sheet:
    """The rows of a workbook.

    Args:
        given: as it came in.
        today: in the org's time zone.

    Raises:
        BadInput: it cannot be read as one.
    """
    if "problem" in given:
        raise BadInput(given["problem"])
    try:
        sheet = read_sheet(base64.b64decode(given["content"]), today)
    except UnreadableWorkbook as problem:
        raise BadInput(str(problem)) from None
    if wrong := [str(fault) for fault in sheet.faults if fault.row == HEADER_ROW]:
        raise BadInput(" ".join(wrong))
    return sheet


@read_task("Look up what the rows mean")
async def meant_by(sheet: Sheet) -> tuple[list[MatchedAccount], list[NewCsm]]:
    """The accounts and users that the rows may mean: a call for every 200 rows."""
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    return await asyncio.to_thread(lambda: read_meant(org.client(), policy.field_map, sheet.rows))


@read_task("Read the team and its books")
async def read_team() -> tuple[Csm, ...]:
    """The CSMs with books and absences, in one call (CSM-1)."""
    org, policy, rules = await connection(SalesforceOrg), await connection(Policy), await load_policy()
    fields = policy.field_map
    statements = [
        team_statement(fields),
        books_statement(fields, but=NOBODY),
        calendar_statement(fields, *asked_days(rules.hand_over)),
    ]
    users, books, events = await asyncio.to_thread(lambda: org.client().queries(statements))
    absences = absences_from(events, rules.time_zone)
    return csms_from(users, books_from(books), absences, fields=fields, terms=rules.terms)


async def analysed(sheet: Sheet) -> TransitionPlan:
    """What the workbook would do: every row matched, every account analysed, the books before and after."""
    moves, unmatched = match(sheet.rows, *await meant_by(sheet))
    facts, team, rules, terms = await gather_all(
        read_facts([move.account.id for move in moves]), read_team(), load_policy(), transition_terms()
    )
    found = plan(
        moves,
        {one.id: one for one in facts},
        [*sheet.faults, *unmatched],
        today=rules.today,
        terms=terms,
        csms=team,
        segments=rules.segments,
        weight_of_mrr=rules.weight_of_mrr,
        hand_over=rules.hand_over,
    )
    return replace(found, not_read=sheet.remarks)
