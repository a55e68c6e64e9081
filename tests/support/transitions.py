"""Workbooks whose accounts change hands: the run of the workbook and those of its accounts, as the worker runs them."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import FlowRun, StateType

from flows.account_transition import account_transition
from flows.account_transition_move import move_account
from rules.transition.rows import COLUMNS
from tests.support.asking import Worker


def workbook(folder: Path, rows: Iterable[Iterable[str]], name: str = "book.csv") -> Path:
    """A workbook of these rows, each cut short where the rest is empty."""
    path = folder / name
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([*row, *[""] * len(COLUMNS)][: len(COLUMNS)] for row in rows)
    return path


class Transitions:
    """The deployments of the account transition."""

    def __init__(self) -> None:
        self.workbook = Worker(account_transition, "account-transition")
        self.account = Worker(move_account, "move-account")

    async def start(self, **parameters: Any) -> FlowRun:
        """Begin with a workbook, or one account; the run as it came to rest."""
        await self.account.deploy()
        return await self.workbook.start(**parameters)

    async def move(self, folder: Path, account: str, csm: str = "Ada Novak") -> FlowRun:
        """A workbook with this one account, approved; its run as it came to rest."""
        run = await self.start(workbook=str(workbook(folder, [(account, csm, "Leave")])))
        return await self.approve(run, 1)

    async def move_of(self, run: FlowRun) -> FlowRun:
        """The run that moved the one account of a workbook."""
        (one,) = [one for one in await self.account.runs() if f"workbook-run:{run.id}" in one.tags]
        return one

    async def approve(self, run: FlowRun, count: int) -> FlowRun:
        """What a team lead enters in the dashboard's form, and what comes of it until nothing is left to do."""
        what = f"Move {count} account{'' if count == 1 else 's'} as planned"
        await self.workbook.resume(run.id, choice_1=what)
        return await self.work(run)

    async def work(self, run: FlowRun) -> FlowRun:
        """Run what is due, accounts that somebody tries again and the workbook, until nothing is."""
        while True:
            due = await self.account.runs(StateType.SCHEDULED)
            for one in due:
                await self.account.work(one.id)
            run = await self.workbook.work(run.id)
            if not due:
                return run
