"""Compare every client in all systems, page by page, and look at the offenders again (REC-2)."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from rules.onboarding.write_back import billing_url
from rules.reconciliation.client_state import MATRIX, RECURLY, ClientState, Standards
from rules.reconciliation.drift import Drift, drift_of
from rules.reconciliation.pace import CallsUsed, Pace, pace
from rules.reconciliation.report import MOST_LISTED, Found, Line
from tasks.core.connections import connection
from tasks.core.policy import PolicySnapshot
from tasks.core.steps import gather_all, read_task, write_task
from tasks.deactivation.service_end import read_subscriptions
from tasks.onboarding.permission_matrix import ReadMatrix
from tasks.reconciliation.accounts import count_statement
from tasks.reconciliation.kept import Row, as_kept, drift_of_row, row_of
from tasks.reconciliation.reading import (
    Sources,
    list_recurly,
    list_sequences,
    read_clients_after,
    read_these_clients,
    sources_from,
)
from tasks.reconciliation.recurly_index import RecurlyIndex
from tasks.reconciliation.sequences import Sequences
from tasks.runs.progress import progress
from tasks.salesforce.fields import number as number_of
from tasks.salesforce.queries import run_query

PAUSE = 20.0
"""Seconds between two pages while Salesforce's daily calls run short."""
AT_ONCE = 4
"""Clients whose subscriptions are read at the same time."""
ABOUT_THE_END = {"no_company_is_active_after_its_last_day", "no_company_is_inactive_before_its_last_day"}
"""The sentences that a subscription may explain."""
LOOKED_AT_AGAIN = 2000
"""Clients with drift that are read a second time; with more of them, a setting is wrong rather than a record."""


@read_task("Count the clients")
async def count_clients() -> int:
    """The number of accounts with a CS Status or an LMS company."""
    (row,) = await run_query(count_statement((await connection(Policy)).field_map))
    return int(number_of(row, "clients") or 0)


@read_task("List the accounts of Recurly")
async def recurly_accounts() -> RecurlyIndex:
    """Every account of Recurly."""
    return await list_recurly()


@read_task("List the open sequences of Outreach")
async def open_sequences() -> Sequences:
    """The open sequences of account transitions, by account."""
    return await list_sequences()


async def read_sources() -> Sources:
    """The lists that are read once; a system that is down is named in `unavailable`."""
    return await sources_from(recurly_accounts(), open_sequences())


async def standards(policy: PolicySnapshot, matrix: ReadMatrix) -> Standards:
    """The values with which every client is compared."""
    site = await connection(RecurlySite)
    return Standards(
        today=policy.today,
        windows=policy.windows,
        matrix=None if matrix.problems else matrix.matrix,
        locations=policy.location_count,
        no_welcome=policy.no_welcome,
        billing_url=lambda code: billing_url(site.billing_url_template, site.subdomain, code),
    )


def without_matrix(found: Found, matrix: ReadMatrix) -> Found:
    """Name the faults of the permission matrix as the reason why modules were not compared."""
    if not matrix.problems:
        return found
    return replace(found, unavailable={**found.unavailable, MATRIX: " ".join(map(str, matrix.problems))})


async def compare_all(sources: Sources, compared_with: Standards, most_percent: int) -> Found:
    """Compare every client; what died on the way goes on after the last page that was compared.

    Args:
        sources: the systems that are read as a whole.
        compared_with: the right values.
        most_percent: the share of Salesforce's daily calls above which the comparison stops.
    """
    tally, after, number = _Tally(), "", 0
    async with progress("Clients compared", await count_clients()) as advance:
        while True:
            number += 1
            page = await compare_page.labelled(f"page {number}")(after, sources, compared_with)
            tally.add(page)
            await advance(page["clients"])
            # A system that failed at one page is not asked at every other one.
            sources = replace(sources, unavailable=page["unavailable"])
            after, calls = page["last"], CallsUsed.of(page["calls"])
            if not page["more"]:
                return tally.found()
            match pace(calls, most_percent):
                case Pace.STOP if calls:
                    return tally.found(stopped=_why_stopped(calls, most_percent), last=after)
                case Pace.SLOW_DOWN:
                    await asyncio.sleep(PAUSE)


@write_task("Compare clients, {label}", keyed_by=("after",), outside=False)
async def compare_page(after: str, sources: Sources, compared_with: Standards) -> Row:
    """The drift of up to 2,000 clients with the next higher account ids.

    The result is kept, so that a run whose process died goes on with the page after it.

    Returns:
        `clients`, `last` (account id), `more`, `drift` (rows, at most `MOST_LISTED` of a sentence), `counts` by
        sentence, `unavailable` (reasons by system), `calls` of Salesforce (`used`, `allowed`, or None).
    """
    page = await read_clients_after(after, sources)
    drift = _drift(page.states, compared_with)
    counts: Counter[str] = Counter()
    rows = []
    for each in drift:
        counts[each.sentence] += 1
        if counts[each.sentence] <= MOST_LISTED:
            rows.append(row_of(Line(each, compared_with.today)))
    return {
        "clients": len(page.states),
        "last": page.last,
        "more": page.more,
        "drift": rows,
        "counts": dict(counts),
        "unavailable": dict(page.unavailable),
        "calls": page.usage and {"used": page.usage[0], "allowed": page.usage[1]},
    }


async def look_again(found: Found, sources: Sources, compared_with: Standards) -> Found:
    """Leave out what was on its way: drift that a second look at the client does not find.

    A system that does not answer then counts as not read: nothing that needs it is known to be gone.
    """
    accounts = sorted({drift.account_id for drift in found.drift})[:LOOKED_AT_AGAIN]
    if not accounts:
        return found
    ending = {drift.account_id for drift in found.drift if drift.sentence in ABOUT_THE_END}
    look = drift_now.labelled(f"{len(accounts)} clients")
    still, unavailable = await look(accounts, ending, sources, compared_with)
    read = set(accounts)
    kept = [still.get(each.identity) if each.account_id in read else each for each in found.drift]
    drift = tuple(each for each in kept if each is not None)
    gone = Counter(each.sentence for each in found.drift) - Counter(each.sentence for each in drift)
    counts = {name: count - gone[name] for name, count in found.counts.items()}
    return replace(found, drift=drift, counts=counts, unavailable={**found.unavailable, **unavailable})


@read_task("Look again at {label}")
async def drift_now(
    accounts: Sequence[str], ending: Collection[str], sources: Sources, compared_with: Standards
) -> tuple[dict[str, Drift], dict[str, str]]:
    """The present drift of up to 2,000 clients by identity, and the reason by system for each that was not read.

    Args:
        accounts: ids of 18 characters.
        ending: those whose drift is about the end of their service. Subscriptions may explain it: sales are asked
            while a client is billed on.
        sources: as they were read.
        compared_with: the right values.
    """
    page = await read_these_clients(accounts, sources)
    gate = asyncio.Semaphore(AT_ONCE)

    async def with_subscriptions(state: ClientState) -> ClientState:
        if RECURLY not in state.systems or state.client.id not in ending:
            return state
        async with gate:
            return replace(state, subscriptions=await read_subscriptions.fn(state.client))

    states = await gather_all(*map(with_subscriptions, page.states))
    return {each.identity: each for each in _drift(states, compared_with)}, page.unavailable


def _drift(states: Sequence[ClientState], compared_with: Standards) -> list[Drift]:
    return [as_kept(each) for state in states for each in drift_of(state, compared_with)]


class _Tally:
    """What the pages found so far; its size is bounded by `MOST_LISTED`."""

    def __init__(self) -> None:
        self._drift: list[Drift] = []
        self._counts: Counter[str] = Counter()
        self._clients = 0
        self._unavailable: dict[str, str] = {}

    def add(self, page: dict[str, Any]) -> None:
        listed = Counter(each.sentence for each in self._drift)
        for row in page["drift"]:
            listed[row["Sentence"]] += 1
            if listed[row["Sentence"]] <= MOST_LISTED:
                self._drift.append(drift_of_row(row))
        self._counts.update(page["counts"])
        self._clients += page["clients"]
        self._unavailable |= page["unavailable"]

    def found(self, stopped: str = "", last: str = "") -> Found:
        counts = dict(self._counts)
        return Found(tuple(self._drift), counts, self._clients, dict(self._unavailable), stopped, last)


def _why_stopped(calls: CallsUsed, most_percent: int) -> str:
    return (
        f"Stopped at {datetime.now(UTC):%H:%M} UTC: {calls.used} of {calls.allowed} daily calls to Salesforce are "
        f"used, and a reconciliation leaves {100 - most_percent} % to others. The remaining clients were not compared."
    )
