"""Giving an account back: what the audit says was taken is entered again, where it still is what we wrote (TRN-10)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.assignment.plan import CSM
from rules.common.ids import ids_in
from rules.common.problems import Problem, Responsible
from rules.common.records import Change
from rules.transition.account_facts import AccountFacts
from rules.transition.reassignments import OWNER, RULE

PRESS = "Press Retry: what is missing is made up for."


@dataclass(frozen=True)
class AuditedChange:
    """A field that a transition wrote, by the audit: what stood there before it, and what it wrote, as texts."""

    system: str
    record: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Reversal:
    """What is entered again, and what stays because somebody changed it since, a sentence each."""

    changes: tuple[Change, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True)
class Leftovers:
    """What is there of a move after its undo, as the systems have it; nothing may be.

    Attributes:
        open_tasks: ids of the move's tasks in Outreach that are still to be done.
        active_sequences: ids of the move's ways through a sequence that go on.
        owners: by `Account 7` or `Prospect 12`, the address of who had to have it again and has not.
        checklists: titles of the move's files that do not say that they are withdrawn.
    """

    open_tasks: tuple[int, ...] = ()
    active_sequences: tuple[int, ...] = ()
    owners: Mapping[str, str] | None = None
    checklists: tuple[str, ...] = ()


def changed_anything(lines: Iterable[Mapping[str, str]], run: str) -> bool:
    """Whether a run did anything: one that found its account otherwise than approved did not, and is not undone.

    Args:
        lines: of the account's page.
        run: the page of the run that was to move the account.
    """
    return any(line.get("run") == run for line in lines)


def changes_of_run(lines: Iterable[Mapping[str, str]], run: str) -> tuple[AuditedChange, ...]:
    """What one run wrote, each field once, from what stood there at first to what it wrote at last.

    Args:
        lines: of the account's page, the oldest first.
        run: the page of the run that moved the account.
    """
    found: dict[tuple[str, str, str], AuditedChange] = {}
    for line in lines:
        if line.get("rule") != RULE or line.get("run") != run:
            continue
        key = (line["system"], line["record"], line["field"])
        first = found.get(key)
        found[key] = AuditedChange(*key, before=first.before if first else line["before"], after=line["after"])
    return tuple(found.values())


def sequences_begun(lines: Iterable[Mapping[str, str]], run: str) -> tuple[str, ...]:
    """The names of the Outreach sequences that a run began or ended, by the audit."""
    fields = (line["field"] for line in lines if line.get("run") == run and line.get("system") == "Outreach")
    return tuple(dict.fromkeys(one.removeprefix("Sequence ") for one in fields if one.startswith("Sequence ")))


def prospects_added(lines: Iterable[Mapping[str, str]], run: str) -> tuple[str, ...]:
    """The addresses of the contacts that a run made prospects in Outreach: they stay, and are named."""
    return tuple(
        f"{line['after']} was made a prospect in Outreach, and stays one."
        for line in lines
        if line.get("run") == run and (line.get("system"), line.get("field")) == ("Outreach", "Prospect")
    )


def plan_reversal(found: Iterable[AuditedChange], present: Mapping[tuple[str, str], str | None]) -> Reversal:
    """What is entered again in Salesforce.

    Args:
        found: what a transition wrote, there.
        present: what stands in each record and field now: a user's id, or a moment as it was written; None for
            nothing. A record that is gone is missing.
    """
    changes: list[Change] = []
    stays: list[str] = []
    for one in found:
        where = (one.record, one.field)
        before, after = _value(one.before), _value(one.after)
        if where not in present:
            stays.append(f"{one.record} is gone.")
        elif present[where] == (before or None):
            continue
        elif present[where] == (after or None):
            changes.append(Change(one.system, one.record, one.field, one.after, one.before, RULE, value=before))
        else:
            stays.append(f"{one.record}: {one.field} was changed since, and stays.")
    return Reversal(tuple(changes), tuple(stays))


def acquired_since(facts: AccountFacts, csm_id: str, found: Iterable[AuditedChange]) -> tuple[str, ...]:
    """What the new CSM has of the account that the move did not give, and so stays: it is named.

    Args:
        facts: of the account, as it is.
        csm_id: of who took it by the move.
        found: what the move wrote in Salesforce.
    """
    ours = {one.record for one in found}
    held = [
        *((f"Opportunity {one.id}", one.csm_id) for one in facts.open_opportunities),
        *((f"Case {one.id}", one.owner_id) for one in facts.open_cases()),
        *((f"Task {one.id}", one.owner_id) for one in facts.open_tasks),
    ]
    return tuple(
        f"{record} was not given by the move, and stays with the CSM who took the account."
        for record, holder in held
        if holder == csm_id and record not in ours
    )


def discrepancies_after_undo(
    changes: Sequence[Change], present: Mapping[tuple[str, str], str | None], left: Leftovers
) -> tuple[Problem, ...]:
    """Everything that is not as it must be after an undo; none when it is complete (TRN-10).

    Args:
        changes: what was entered again in Salesforce.
        present: what stands there now.
        left: of the move, outside of those fields.
    """
    return tuple(
        Problem(Responsible.CS_OPS, record, "", field, is_there, f"It must be {wanted}. {PRESS}", RULE)
        for record, field, is_there, wanted in (*_in_salesforce(changes, present), *_elsewhere(left))
    )


def _in_salesforce(
    changes: Iterable[Change], present: Mapping[tuple[str, str], str | None]
) -> Iterator[tuple[str, str, str, str]]:
    for one in changes:
        now = present.get((one.record, one.field))
        if (now or "") != one.written:
            yield one.record, one.field, now or "nothing", one.after or "nothing"


def _elsewhere(left: Leftovers) -> Iterator[tuple[str, str, str, str]]:
    for task in left.open_tasks:
        yield f"Outreach Task {task}", "State", "open", "complete"
    for state in left.active_sequences:
        yield f"Outreach Sequence state {state}", "State", "going on", "finished"
    for record, wanted in (left.owners or {}).items():
        yield f"Outreach {record}", OWNER, "somebody else", wanted
    for title in left.checklists:
        yield f"File {title}", "Title", "that of a checklist in force", "marked as withdrawn"


def outcome(
    name: str, account: str, found: Iterable[AuditedChange], present: Mapping[tuple[str, str], str | None]
) -> str:
    """Who has the account after an undo, in words: by what Salesforce says now.

    Args:
        name: of the account.
        account: as a change names it: `Account 001…`.
        found: what the move wrote in Salesforce.
        present: what stands there now.
    """
    csm = next((one for one in found if (one.record, one.field) == (account, CSM)), None)
    if csm is None:
        return f"The move had not given {name} to anybody."
    now = present.get((account, CSM))
    if now == (_value(csm.before) or None):
        return f"{name} is with {csm.before or 'nobody'} again."
    if now == _value(csm.after):
        return f"{name} is still with {csm.after}."
    return f"{name} stays with whoever got it since ({now or 'nobody'}): its CSM was changed after the move."


def _value(text: str) -> str:
    """What is written for a text of the audit: the user's id in `Ada Novak (005…)`, otherwise the text itself."""
    ids = ids_in(text, "005")
    return ids[-1] if ids else text
