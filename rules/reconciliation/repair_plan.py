"""The runs that repair offenders on request, and the approval that many of them need (REC-2)."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules.common.problems import Choice, Problem, Responsible
from rules.common.text import counted
from rules.reconciliation.drift import Repair
from rules.reconciliation.report import Line

REPAIR_TOPIC = "repair of drift"
"""The topic of the question whether many repairs may start, before their number, which is the answer too."""


@dataclass(frozen=True)
class PlannedRepair:
    """One run, for one or several offenders of an account.

    Attributes:
        key: tells the run from the others of the plan.
        lines: the offenders that it repairs.
    """

    key: str
    repair: Repair
    lines: tuple[Line, ...]

    @property
    def account_id(self) -> str:
        """The account, 18 characters."""
        return self.lines[0].drift.account_id

    @property
    def account(self) -> str:
        """The account's name."""
        return self.lines[0].drift.account


def chosen_lines(lines: Iterable[Line], sentence: str, accounts: Collection[str]) -> list[Line]:
    """Return the open offenders of a sentence.

    Args:
        lines: of the latest report.
        sentence: its key.
        accounts: ids of 18 characters; empty for all accounts.
    """
    own = (line for line in lines if line.drift.sentence == sentence and line.decision is None)
    return [line for line in own if not accounts or line.drift.account_id in accounts]


def plan_repairs(lines: Sequence[Line]) -> tuple[PlannedRepair, ...]:
    """Return one run for each different repair; offenders without one are for people."""
    planned: dict[str, list[Line]] = {}
    for line in lines:
        if repair := line.drift.offender.repair:
            planned.setdefault(_key(line, repair), []).append(line)
    return tuple(
        PlannedRepair(key, repair, tuple(own))
        for key, own in planned.items()
        if (repair := own[0].drift.offender.repair)
    )


def _key(line: Line, repair: Repair) -> str:
    return f"{line.drift.account_id}:{repair.deployment}:{json.dumps(dict(repair.parameters), sort_keys=True)}"


def needs_approval(repairs: Sequence[PlannedRepair], most: int, chosen: Mapping[str, str]) -> Problem | None:
    """Return the question to CS Operations when a repair would start too many runs; None otherwise.

    A larger number than was asked about is another question, with an answer of its own.

    Args:
        repairs: that would start.
        most: the largest number that starts without approval.
        chosen: what people decided in this run, by topic.
    """
    count = len(repairs)
    approved = (int(number) for topic, number in chosen.items() if topic.startswith(REPAIR_TOPIC))
    if count <= max(most, *approved, 0):
        return None
    runs = counted(count, "run")
    return Problem(
        *(Responsible.CS_OPS, "Repair", "", "Runs that would start"),
        f"{runs} for {counted(len({repair.account_id for repair in repairs}), 'client')}",
        f"More than {most} repairs start only with the approval of CS Operations. Look at the report first: one wrong "
        "setting can make many clients differ. Correct it and cancel, or approve the repairs.",
        "REC-2",
        topic=f"{REPAIR_TOPIC} {count}",
        choices=(Choice(str(count), f"Start {runs}"),),
    )
