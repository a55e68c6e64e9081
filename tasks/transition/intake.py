"""The steps before a plan: read the workbook, match its rows, analyze the accounts (TRN-2, TRN-6)."""

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
from tasks.salesforce.books import books_from, books_statement, contracts_statement, totals_from
from tasks.salesforce.team import (
    absences_from,
    asked_days,
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
NO_ACCOUNT = "001000000000000AAA"
"""An id that no account has."""
_ONLY_A_LINK = (
    "This is a link to a sheet in another system, for example Google Sheets. I can read .xlsx and .csv. "
    "In Google Sheets choose File > Download > Microsoft Excel (.xlsx)."
)
_IN_SLACK = re.compile(r"slack:(F[A-Z0-9]{1,30})")


class Workbook(TypedDict):
    """A workbook as the run received it.

    Attributes:
        name: for people.
        content: in base64.
        by: the Slack member id of the person who shared it; missing when it did not come from Slack.
        thread: Slack channel and thread in which it was shared; missing when there is not exactly one.
        problem: why it has no content; missing when it has.
    """

    name: str
    content: str
    by: NotRequired[str]
    thread: NotRequired[list[str]]
    problem: NotRequired[str]


@write_task("Read workbook {source}", outside=False)
async def read_workbook(source: str) -> Workbook:
    """Read the content of a workbook, once: later changes of the file have no effect on the plan and its approval.

    Of a file that is too large, one byte more than allowed is read, and `parse_workbook` refuses it.

    Args:
        source: a path in the worker's folder of workbooks, an https address, or `slack:` and the id of a file in Slack.

    Raises:
        BadInput: it cannot be read.
        VendorUnavailable: its server does not answer.
        VendorRefused: Slack has no such file, or the app may not see it.
    """
    if in_slack := _IN_SLACK.fullmatch(source):
        return _from_slack(await from_slack(in_slack[1], LARGEST_FILE + 1))
    if urlsplit(source).scheme in ("http", "https"):
        content = await from_web(source, LARGEST_FILE + 1)
    else:
        content = await asyncio.to_thread(from_disk, Path(source), LARGEST_FILE + 1)
    name = Path(urlsplit(source).path or source).name
    return Workbook(name=name, content=base64.b64encode(content).decode())


def _from_slack(file: SharedFile) -> Workbook:
    workbook = Workbook(name=file.name, content=base64.b64encode(file.content or b"").decode(), by=file.by)
    if file.content is None:
        workbook["problem"] = _ONLY_A_LINK
    if file.thread:
        workbook["thread"] = list(file.thread)
    return workbook


def one_row_workbook(cells: Mapping[str, str]) -> Workbook:
    """Make a workbook of one row from the form for one account, so that both pass the same checks."""
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS)
    rows.writeheader()
    rows.writerow(dict(cells))
    return Workbook(name=cells[COLUMNS[0]], content=base64.b64encode(text.getvalue().encode()).decode())


def parse_workbook(workbook: Workbook, today: date) -> Sheet:
    """The rows of a workbook.

    Args:
        workbook: the workbook.
        today: in the org's time zone.

    Raises:
        BadInput: it has no content, no spreadsheet can be read from it, or columns are missing.
    """
    if "problem" in workbook:
        raise BadInput(workbook["problem"])
    try:
        sheet = read_sheet(base64.b64decode(workbook["content"]), today)
    except UnreadableWorkbook as problem:
        raise BadInput(str(problem)) from None
    if header_faults := [str(fault) for fault in sheet.faults if fault.row == HEADER_ROW]:
        raise BadInput(" ".join(header_faults))
    return sheet


@read_task("Look up the accounts and users of the rows")
async def read_candidates(sheet: Sheet) -> tuple[list[MatchedAccount], list[NewCsm]]:
    """The accounts and users that match the rows, or nearly do: one call for every 200 rows."""
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    return await asyncio.to_thread(lambda: read_meant(org.client(), policy.field_map, sheet.rows))


@read_task("Read the team and its books of business")
async def read_team() -> tuple[Csm, ...]:
    """The CSMs with their books and absences, in one call (CSM-1)."""
    org, policy, rules = await connection(SalesforceOrg), await connection(Policy), await load_policy()
    fields = policy.field_map
    statements = [
        team_statement(fields),
        books_statement(fields, but=NO_ACCOUNT),
        calendar_statement(fields, *asked_days(rules.hand_over)),
        contracts_statement(fields, rules.today),
    ]
    users, books, events, contracts = await asyncio.to_thread(lambda: org.client().queries(statements))
    held = books_from(books, totals_from(contracts, fields, rules.today))
    return csms_from(users, held, absences_from(events, rules.time_zone), fields=fields, terms=rules.terms)


async def analyze(sheet: Sheet) -> TransitionPlan:
    """Match every row, analyze every account, and plan the moves and the books before and after (TRN-6, TRN-7)."""
    moves, unmatched = match(sheet.rows, *await read_candidates(sheet))
    facts, team, rules, terms = await gather_all(
        read_facts([move.account.id for move in moves]), read_team(), load_policy(), transition_terms()
    )
    planned = plan(
        moves,
        {account.id: account for account in facts},
        [*sheet.faults, *unmatched],
        today=rules.today,
        terms=terms,
        csms=team,
        segments=rules.segments,
        weight_of_mrr=rules.weight_of_mrr,
        hand_over=rules.hand_over,
    )
    return replace(planned, not_read=sheet.remarks)
