"""The steps around the runs that wait for people: finding them, and waking them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.logging import get_run_logger
from simple_salesforce.format import format_soql

from blocks.common.errors import VendorError
from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.client import MAX_QUERIES
from rules.common.problems import NOT_ASKED
from rules.common.text import counted
from rules.questions.questions import WAITING
from rules.questions.waiting import Changes, PauseKind, Waiting, Wake
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.questions.history import QuestionHistory, check_again, gone_key, load_history
from tasks.runs.claims import every_run, page, server, try_again
from tasks.runs.inputs import save_input
from tasks.salesforce.fields import Record, required, required_moment

SOBJECTS = {"opportunity": "Opportunity", "account": "Account", "contract": "Contract", "contact": "Contact"}
"""The kinds of records that a run can wait for, by their tags, and what Salesforce calls them."""
IDS_IN_A_QUERY = 200
AT_ONCE = 4
"""Runs whose questions are read at the same time: Prefect's SQLite is no faster with more."""


@read_task("Find the runs that wait for people")
async def waiting_runs() -> list[Waiting]:
    """Every run with an open question, suspended or cut off."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def read(run: FlowRun) -> Waiting | None:
        async with gate:
            return _waiting(run, await load_history(run.id))

    runs = [run for run in await _tagged() if _pause_of(run)]
    waiting = await asyncio.gather(*map(read, runs))
    return [run for run in waiting if run is not None]


async def _tagged() -> list[FlowRun]:
    at_rest = [StateType.PAUSED, StateType.CRASHED, StateType.FAILED]
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[WAITING]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=at_rest)),
    )
    return await every_run(which, FlowRunSort.EXPECTED_START_TIME_ASC)


def _pause_of(run: FlowRun) -> PauseKind | None:
    """Why a run pauses; None for a run that failed for a reason that only people can remove."""
    if run.state_type is StateType.PAUSED:
        return PauseKind.SUSPENDED
    passing = run.state_type is StateType.FAILED and run.state_name in ("Unavailable", NOT_ASKED)
    return PauseKind.BROKEN_OFF if passing or run.state_type is StateType.CRASHED else None


def _waiting(run: FlowRun, history: QuestionHistory) -> Waiting | None:
    pause, question, state = _pause_of(run), history.open, run.state
    if question is None or pause is None or state is None:
        return None
    keyset = state.state_details.run_input_keyset or {}
    return Waiting(
        run_id=str(run.id),
        state_id=str(state.id),
        name=run.name,
        url=page(run.id),
        question=question,
        pause=pause,
        since=state.timestamp,
        tries=run.run_count,
        reminded=history.reminded(question),
        posted=len(history.places(question.number)) == len({problem.who for problem in question.problems}),
        answers_read=all(answer.at <= state.timestamp for answer in history.answers),
        has_form=keyset.get("schema") in history.forms,
        records=tuple(sorted(tag for tag in run.tags if tag.partition(":")[0] in SOBJECTS)),
        known_gone=history.gone,
    )


async def record_changes(runs: Sequence[Waiting]) -> Changes:
    """When the records of waiting runs were last changed; empty while Salesforce is unavailable."""
    records = sorted({record for run in runs for record in run.records})
    if not records:
        return {}
    try:
        changes: Changes = await changes_of.labelled(counted(len(runs), "waiting run"))(records)
    except VendorError as error:
        get_run_logger().warning("Whether records changed is not known: %s", error)
        return {}
    return changes


@read_task("Read when the records of {label} were last changed")
async def changes_of(records: Sequence[str]) -> dict[str, datetime | None]:
    """When each record was last changed, by `<kind>:<id>`; None for a deleted record, which no message announces.

    Args:
        records: `<kind>:<id>` each, of the kinds of `SOBJECTS`.
    """
    org = await connection(SalesforceOrg)
    changes: dict[str, datetime | None] = dict.fromkeys(records)
    lookups = list(_lookups(changes))
    for first in range(0, len(lookups), MAX_QUERIES):
        some = lookups[first : first + MAX_QUERIES]
        rows = await asyncio.to_thread(_ask, org, [statement for _, statement in some])
        for (kind, _), answers in zip(some, rows, strict=True):
            changes |= {f"{kind}:{required(row, 'Id')}": required_moment(row, "LastModifiedDate") for row in answers}
    return changes


def _ask(org: SalesforceOrg, statements: Sequence[str]) -> list[list[Record]]:
    return org.client().queries(statements)


def _lookups(records: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The kind of the records that a query asks for, and the query."""
    ids = defaultdict[str, list[str]](list)
    for record in records:
        kind, _, record_id = record.partition(":")
        ids[kind].append(record_id)
    for kind, of_kind in ids.items():
        for first in range(0, len(of_kind), IDS_IN_A_QUERY):
            where = format_soql("Id IN {}", of_kind[first : first + IDS_IN_A_QUERY])
            yield kind, f"SELECT Id, LastModifiedDate FROM {SOBJECTS[kind]} WHERE {where}"  # noqa: S608 - names of ours


@read_task("Wake {label}: {why}")
async def wake(why: str, run_id: str, state_id: str, gone: Sequence[str] = ()) -> None:
    """Wake a waiting run, unless it has gone on meanwhile.

    Args:
        why: a `rules.questions.waiting.Wake`.
        run_id: of the run.
        state_id: of the state it was found in.
        gone: the records whose deletion wakes it, once.
    """
    run = UUID(run_id)
    now = await server().read_flow_run(run)
    if now.state is None or str(now.state.id) != state_id:
        return
    if why in (Wake.AGAIN, Wake.FORM):
        await try_again(run, f"Woken: {why}")
    else:
        await check_again(run)
    for record in gone:
        await save_input(run, gone_key(record))
