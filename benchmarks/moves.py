"""The transition of workbooks at scale: calls, time and memory, and the same moves by a bare script."""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolUpdate

from benchmarks.control import LATENCIES, Control
from benchmarks.figures import calls
from benchmarks.moves_figures import Bare, Book, writes
from benchmarks.moves_script import MoveScript
from benchmarks.moves_show import Measured, show
from benchmarks.process import begin, ended
from benchmarks.runs import completed
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from deployments.commands.transition import shared_out
from deployments.provisioning.declared import WORK_POOL
from deployments.stack.stack import Stack, progress
from rules.transition.approved_move import ApprovedMove, approved_move
from rules.transition.match import MatchedAccount
from rules.transition.rows import Reason
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.salesforce.transition import read_book
from tasks.transition.intake import analysed, sheet_of, take_in
from tasks.transition.template import template

WORKBOOK = "account-transition/account-transition"
FORMER, TAKERS = "Hana Berg", ("Ada Novak", "Cleo Dubois")
SMALL, LARGE = 50, 200
"""Rows of the two workbooks; no account is in both."""


class Workbooks:
    """Takes workbooks from their plan to their report, in processes of their own."""

    def __init__(self, client: PrefectClient, control: Control, folder: Path) -> None:
        self._client, self._control, self._folder = client, control, folder

    async def through(self, held: Sequence[MatchedAccount]) -> Book:
        """Plan, approve and move the accounts."""
        path, since = write_book(self._folder, held), await self._control.last_entry()
        deployment = await self._client.read_deployment_by_name(WORKBOOK)
        run = await self._client.create_flow_run_from_deployment(deployment.id, parameters={"workbook": str(path)})
        begun = time.perf_counter()
        peak = await self._work(run.id)
        planning = time.perf_counter() - begun
        plan, approved = await self._control.journal(since), await self._control.last_entry()
        begun = time.perf_counter()
        choice = f"Move {len(held)} accounts as planned"
        answer = {"decision": "Check again", "decided_by": "The bench", "choice_1": choice}
        await self._client.resume_flow_run(run.id, run_input=answer)
        peak = max(peak, await self._work(run.id))
        seconds = time.perf_counter() - begun
        completed(await self._client.read_flow_run(run.id))
        moves = await self._control.journal(approved)
        return Book(len(held), calls(plan), calls(moves), writes(moves), seconds, planning, peak)

    async def _work(self, run_id: UUID) -> float:
        return await ended(begin(run_id, self._folder / "logs" / "workbook.log"))


def write_book(folder: Path, held: Sequence[MatchedAccount]) -> Path:
    """A workbook in which the accounts go to two CSMs in turns."""
    path = folder / f"{len(held)} accounts.xlsx"
    path.write_bytes(template(shared_out(held, TAKERS, Reason.LEAVE)))
    return path


@flow(persist_result=False)
async def planned(path: str, mark: str) -> list[ApprovedMove]:
    """The orders of a workbook, as they would be approved, without anybody's approval."""
    given = await take_in.fn(path)
    plan = await analysed(sheet_of(given, (await load_policy()).today))
    return [approved_move(one, mark) for one in plan.accounts]


async def measure_moves(stack: Stack, control: Control) -> int:
    """Measure two workbooks and the script, and show it.

    Returns:
        0, or 1 when a promised bound is broken.

    Raises:
        FellShort: a move that should go without trouble did not.
    """
    return show(await _measured(stack, control))


async def _measured(stack: Stack, control: Control) -> Measured:
    load = os.getloadavg()[0]
    policy = await connection(Policy)
    at_once = policy.transition_at_once
    async with get_client() as client:
        # The workbooks' runs are begun here, to see what memory they take.
        await client.update_work_pool(WORK_POOL, WorkPoolUpdate(is_paused=True))
        books = Workbooks(client, control, stack.settings.folder)
        held = await _fresh(control)
        small, large = [await _told(books, some) for some in (held[:SMALL], held[SMALL:])]
    held = await _fresh(control)
    bare = await _bare(control, await planned(str(write_book(stack.settings.folder, held[SMALL:])), "bare"), at_once)
    return Measured(small, large, bare, at_once, (load, os.getloadavg()[0]))


async def _fresh(control: Control) -> list[MatchedAccount]:
    """A world in which a CSM has the accounts of both workbooks, at realistic latencies."""
    await control.demo(moving=SMALL + LARGE)
    await control.messages(on=False)
    await control.latencies(LATENCIES)
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    return await asyncio.to_thread(lambda: read_book(org.client(), policy.field_map, FORMER))


async def _told(books: Workbooks, held: Sequence[MatchedAccount]) -> Book:
    progress.print(f"Moving {len(held)} accounts …")
    book = await books.through(held)
    progress.print(f"{len(held)} accounts moved in {book.seconds:.0f} s")
    return book


async def _bare(control: Control, orders: Sequence[ApprovedMove], at_once: int) -> Bare:
    progress.print(f"Moving {len(orders)} accounts by the bare script …")
    script, since, begun = await MoveScript.ready(), await control.last_entry(), time.perf_counter()
    await script.move_all(orders, at_once)
    return Bare(calls(await control.journal(since)), time.perf_counter() - begun)
