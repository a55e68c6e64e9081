"""The report about drift: since when, what is new, and what people decided to leave (REC-2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rules.reconciliation.drift import Drift, Sentence

MOST_LISTED = 1000
"""Offenders of one sentence that are listed; the others are counted."""


@dataclass(frozen=True)
class Decision:
    """The decision of a person to leave drift as it is; it holds while the value stays as it was.

    Attributes:
        identity: of the drift.
        found: the value that is left.
        by: the person's name.
        on: the day of the decision.
    """

    identity: str
    found: str
    by: str
    reason: str
    on: date


@dataclass(frozen=True)
class Line:
    """Drift in the report.

    Attributes:
        since: the day on which it was found first.
        decision: to leave it; None while it is open.
    """

    drift: Drift
    since: date
    decision: Decision | None = None


@dataclass(frozen=True)
class Found:
    """The outcome of one comparison of all clients.

    Attributes:
        drift: at most `MOST_LISTED` of each sentence.
        counts: the number of offenders by sentence.
        clients: the number of clients that were compared.
        unavailable: why a system was not read, by system.
        stopped: why the comparison stopped before the last client; "" when it did not.
        last: the last account that was compared, when it stopped; "" otherwise.
    """

    drift: tuple[Drift, ...]
    counts: Mapping[str, int]
    clients: int
    unavailable: Mapping[str, str]
    stopped: str = ""
    last: str = ""


@dataclass(frozen=True)
class Section:
    """A sentence in the report.

    Attributes:
        count: the number of open offenders.
        lines: the open ones, the newest first, at most `MOST_LISTED`.
        new: those among them that the report before did not have.
        left: those that people decided to leave.
        not_checked: why the sentence was not checked; "" when it was.
    """

    sentence: Sentence
    count: int
    lines: tuple[Line, ...]
    new: tuple[Line, ...]
    left: tuple[Line, ...]
    not_checked: str

    @property
    def repairable(self) -> int:
        """The number of listed offenders that a run can repair."""
        return sum(line.drift.offender.repair is not None for line in self.lines)


@dataclass(frozen=True)
class Report:
    """Every sentence, and the state of the comparison."""

    sections: tuple[Section, ...]
    clients: int
    stopped: str

    @property
    def count(self) -> int:
        """The number of open offenders."""
        return sum(section.count for section in self.sections)

    @property
    def new(self) -> tuple[Section, ...]:
        """The sections with something new."""
        return tuple(section for section in self.sections if section.new)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every listed offender."""
        return tuple(line for section in self.sections for line in (*section.lines, *section.left))


def report(
    found: Found, sentences: Iterable[Sentence], earlier: Sequence[Line], decisions: Iterable[Decision], today: date
) -> Report:
    """Join what was found with the report before and with the decisions of people.

    A sentence that was not checked, and a client that was not reached, keep the lines of the report before.

    Args:
        found: by the comparison.
        sentences: every sentence.
        earlier: the lines of the report before, in any order.
        decisions: in the order of their days; of several about one drift, the last counts.
        today: in the org's time zone.
    """
    decided = {decision.identity: decision for decision in decisions}
    since = {line.drift.identity: line.since for line in earlier}
    sections = []
    for one in sentences:
        reasons = " ".join(found.unavailable[system] for system in sorted(one.needs & found.unavailable.keys()))
        kept = [line.drift for line in earlier if line.drift.sentence == one.key and _is_unread(line, found, reasons)]
        drift = [*(drift for drift in found.drift if drift.sentence == one.key and not reasons), *kept]
        lines = [_line(each, since.get(each.identity, today), decided) for each in drift]
        sections.append(_section(one, lines, since, found, reasons))
    return Report(tuple(sections), found.clients, found.stopped)


def _is_unread(line: Line, found: Found, reasons: str) -> bool:
    return bool(reasons) or (bool(found.last) and line.drift.account_id > found.last)


def _line(drift: Drift, since: date, decided: Mapping[str, Decision]) -> Line:
    decision = decided.get(drift.identity)
    return Line(drift, since, decision if decision and decision.found == drift.offender.found else None)


def _section(
    sentence: Sentence, lines: Sequence[Line], since: Mapping[str, date], found: Found, reasons: str
) -> Section:
    left = tuple(line for line in lines if line.decision)
    ordered = sorted(
        (line for line in lines if not line.decision), key=lambda line: (line.drift.account, line.drift.identity)
    )
    ordered.sort(key=lambda line: line.since, reverse=True)
    unlisted = 0 if reasons else max(0, found.counts.get(sentence.key, 0) - MOST_LISTED)
    return Section(
        sentence=sentence,
        count=len(ordered) + unlisted,
        lines=tuple(ordered[:MOST_LISTED]),
        new=tuple(line for line in ordered[:MOST_LISTED] if line.drift.identity not in since),
        left=left,
        not_checked=reasons,
    )
