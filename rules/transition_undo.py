"""Giving an account back: what the audit says was taken is entered again, where it still is what we wrote (TRN-10)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.ids import ids_in
from rules.records import Change
from rules.transition_moves import RULE


@dataclass(frozen=True)
class Taken:
    """A field that a transition wrote, by the audit: what stood there before it, and what it wrote, as texts."""

    system: str
    record: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class GiveBack:
    """What is entered again, and what stays because somebody changed it since, a sentence each."""

    changes: tuple[Change, ...]
    stays: tuple[str, ...]


def wrote(lines: Iterable[Mapping[str, str]], run: str) -> bool:
    """Whether a run did anything: one that found its account otherwise than approved did not, and is not undone.

    Args:
        lines: of the account's page.
        run: the page of the run that was to move the account.
    """
    return any(line.get("run") == run for line in lines)


def taken(lines: Iterable[Mapping[str, str]], run: str) -> tuple[Taken, ...]:
    """What one run wrote, each field once, from what stood there at first to what it wrote at last.

    Args:
        lines: of the account's page, the oldest first.
        run: the page of the run that moved the account.
    """
    found: dict[tuple[str, str, str], Taken] = {}
    for line in lines:
        if line.get("rule") != RULE or line.get("run") != run:
            continue
        key = (line["system"], line["record"], line["field"])
        first = found.get(key)
        found[key] = Taken(*key, before=first.before if first else line["before"], after=line["after"])
    return tuple(found.values())


def give_back(found: Iterable[Taken], present: Mapping[tuple[str, str], str | None]) -> GiveBack:
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
    return GiveBack(tuple(changes), tuple(stays))


def _value(text: str) -> str:
    """What is written for a text of the audit: the user's id in `Ada Novak (005…)`, otherwise the text itself."""
    ids = ids_in(text, "005")
    return ids[-1] if ids else text
