"""Undo a move: restore the values in the audit where the written values are still there (TRN-10)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.assignment.plan import CSM
from rules.common.ids import ids_in
from rules.common.problems import EMPTY, Problem, Responsible
from rules.common.records import Change
from rules.common.text import counted, join_names
from rules.transition.account_facts import AccountFacts
from rules.transition.reassignments import OWNER, RULE

PRESS = "Press Retry to complete the missing steps."


@dataclass(frozen=True)
class AuditedChange:
    """A field that a move wrote, from the audit; both values as text."""

    system: str
    record: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Reversal:
    """The changes of an undo, and a sentence for each field that is not restored."""

    changes: tuple[Change, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True)
class Leftovers:
    """What is left of a move after its undo; everything must be empty.

    Attributes:
        open_tasks: ids of the move's open tasks in Outreach.
        active_sequences: ids of the move's active sequence states in Outreach.
        owners: by `Account 7` or `Prospect 12`, the address of the owner who must get it back.
        checklists: titles of the move's files that are not marked as withdrawn.
    """

    open_tasks: tuple[int, ...] = ()
    active_sequences: tuple[int, ...] = ()
    owners: Mapping[str, str] | None = None
    checklists: tuple[str, ...] = ()


def changed_anything(lines: Iterable[Mapping[str, str]], run: str) -> bool:
    """Whether a run wrote anything; only then it can be undone.

    Args:
        lines: of the account's page.
        run: the page of the run that was to move the account.
    """
    return any(line.get("run") == run for line in lines)


def changes_of_run(lines: Iterable[Mapping[str, str]], run: str) -> tuple[AuditedChange, ...]:
    """Return the changes of one run, each field once, with its first and its last value.

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
    """Return the names of the Outreach sequences that a run began or ended."""
    fields = (line["field"] for line in lines if line.get("run") == run and line.get("system") == "Outreach")
    return tuple(dict.fromkeys(one.removeprefix("Sequence ") for one in fields if one.startswith("Sequence ")))


def prospects_added(lines: Iterable[Mapping[str, str]], run: str) -> tuple[str, ...]:
    """Return a sentence for each contact that a run made a prospect in Outreach; an undo keeps them."""
    return tuple(
        f"{line['after']} was made a prospect in Outreach and is kept."
        for line in lines
        if line.get("run") == run and (line.get("system"), line.get("field")) == ("Outreach", "Prospect")
    )


def plan_reversal(found: Iterable[AuditedChange], present: Mapping[tuple[str, str], str | None]) -> Reversal:
    """Plan which Salesforce fields are restored.

    Args:
        found: the changes of the move.
        present: by record and field, the value now: a user's id, or a moment as it was written; None for an empty
            field. A deleted record is missing.
    """
    changes: list[Change] = []
    kept: list[str] = []
    for change in found:
        where = (change.record, change.field)
        before, after = _value(change.before), _value(change.after)
        if where not in present:
            kept.append(f"{change.record} was deleted.")
        elif present[where] == (before or None):
            continue
        elif present[where] == (after or None):
            changes.append(Change(change.system, *where, change.after, change.before, RULE, value=before))
        else:
            kept.append(f"{change.record}: {change.field} was changed after the move and is kept.")
    return Reversal(tuple(changes), tuple(kept))


def going_back(left: Leftovers, sequences: Sequence[str], *, call: str) -> tuple[str, ...]:
    """Return a sentence for everything that an undo ends or gives back outside the fields of Salesforce.

    Args:
        left: what is left of the move.
        sequences: the names of its sequences.
        call: when the call of the new CSM is, in words; "" for no call that is cancelled.
    """
    owners = [f"{record} in Outreach returns to {email}." for record, email in (left.owners or {}).items()]
    states, tasks = len(left.active_sequences), len(left.open_tasks)
    return (
        *owners,
        *([f"{counted(states, 'prospect leaves', 'prospects leave')} {_sequences(sequences)}."] if states else []),
        *([f"{counted(tasks, 'open task')} of the move in Outreach: completed with a note."] if tasks else []),
        *(f"The file {title} is marked as withdrawn." for title in left.checklists),
        *([f"The call on {call} is cancelled by an e-mail."] if call else []),
    )


def _sequences(names: Sequence[str]) -> str:
    return f"{'the sequence' if len(names) == 1 else 'the sequences'} {join_names(names)}"


def acquired_since(facts: AccountFacts, csm_id: str, found: Iterable[AuditedChange]) -> tuple[str, ...]:
    """Return a sentence for each record that the new CSM got in another way; an undo keeps it.

    Args:
        facts: of the account, now.
        csm_id: of the new CSM.
        found: the changes of the move in Salesforce.
    """
    ours = {one.record for one in found}
    held = [
        *((f"Opportunity {one.id}", one.csm_id) for one in facts.open_opportunities),
        *((f"Case {one.id}", one.owner_id) for one in facts.open_cases()),
        *((f"Task {one.id}", one.owner_id) for one in facts.open_tasks),
    ]
    return tuple(
        f"{record} was not given by the move and stays with the CSM who got the account."
        for record, holder in held
        if holder == csm_id and record not in ours
    )


def discrepancies_after_undo(
    changes: Sequence[Change], present: Mapping[tuple[str, str], str | None], left: Leftovers
) -> tuple[Problem, ...]:
    """Return a problem for everything that an undo did not restore (TRN-10).

    Args:
        changes: the restored fields in Salesforce.
        present: their values now.
        left: the rest of the move, outside those fields.
    """
    return tuple(
        Problem(Responsible.CS_OPS, record, "", field, found, f"It must be {expected}. {PRESS}", RULE)
        for record, field, found, expected in (*_in_salesforce(changes, present), *_elsewhere(left))
    )


def _in_salesforce(
    changes: Iterable[Change], present: Mapping[tuple[str, str], str | None]
) -> Iterator[tuple[str, str, str, str]]:
    for one in changes:
        now = present.get((one.record, one.field))
        if (now or "") != one.written:
            yield one.record, one.field, now or EMPTY, one.after or EMPTY


def _elsewhere(left: Leftovers) -> Iterator[tuple[str, str, str, str]]:
    for task in left.open_tasks:
        yield f"Outreach Task {task}", "State", "open", "complete"
    for state in left.active_sequences:
        yield f"Outreach Sequence state {state}", "State", "going on", "finished"
    for record, owner in (left.owners or {}).items():
        yield f"Outreach {record}", OWNER, "somebody else", owner
    for title in left.checklists:
        yield f"File {title}", "Title", "that of a checklist in force", "marked as withdrawn"


def outcome(
    name: str, account: str, found: Iterable[AuditedChange], present: Mapping[tuple[str, str], str | None]
) -> str:
    """Return a sentence about the CSM of the account after an undo.

    Args:
        name: of the account.
        account: the record of a change: `Account 001…`.
        found: the changes of the move in Salesforce.
        present: the values now.
    """
    csm = next((one for one in found if (one.record, one.field) == (account, CSM)), None)
    if csm is None:
        return f"The move had not given {name} to anybody."
    now = present.get((account, CSM))
    if now == (_value(csm.before) or None):
        return f"{name} is with {csm.before or 'nobody'} again."
    if now == _value(csm.after):
        return f"{name} is still with {csm.after}."
    return f"{name} stays with its present CSM ({now or 'nobody'}), who was entered after the move."


def _value(text: str) -> str:
    """Return the value for a text of the audit: the user's id in `Ada Novak (005…)`, otherwise the text."""
    ids = ids_in(text, "005")
    return ids[-1] if ids else text
