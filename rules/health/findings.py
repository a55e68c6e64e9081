"""Judge the findings of a health check: what comes first, and what has changed since the last check."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from rules.common.text import counted

_MANY = ("deployment", "scope")
"""How the names of findings begin of which there are many."""


class Severity(IntEnum):
    """How bad a finding is; the worst first."""

    ERROR = 0
    WARNING = 1
    FINE = 2


@dataclass(frozen=True)
class Finding:
    """One checked item.

    Attributes:
        area: where it is, in people's words: `Salesforce`, `Receiver`.
        name: the item.
        message: what was found; for an error or a warning, what to do.
        kind: of the item, where there are many of one kind: `field`.
    """

    area: str
    name: str
    severity: Severity
    message: str
    kind: str = ""

    @property
    def card(self) -> str:
        """The title of its card in the runbook: "Work pool", "Field"."""
        title = self.kind or self.name
        return title[:1].upper() + title[1:]

    @property
    def identity(self) -> tuple[str, str]:
        """What tells the item from every other, at each check."""
        return self.area, self.name


@dataclass(frozen=True)
class HealthChange:
    """What has changed since the last check.

    Attributes:
        broken: errors that were no errors at the last check.
        mended: the former errors that are none any more, as they were found then.
    """

    broken: tuple[Finding, ...] = ()
    mended: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything has changed."""
        return bool(self.broken or self.mended)

    @property
    def text(self) -> str:
        """In words: "2 broken, 1 in order again"."""
        counts = ((len(self.broken), "broken"), (len(self.mended), "in order again"))
        return ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing changed"


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return errors, then warnings, then what is fine; each group in its order."""
    return sorted(findings, key=lambda finding: finding.severity)


def of(findings: Iterable[Finding], severity: Severity) -> list[Finding]:
    """Return the findings of one severity."""
    return [finding for finding in findings if finding.severity is severity]


def summary(findings: Sequence[Finding]) -> str:
    """Return the line that says it all: "1 error, 2 warnings, 34 fine"."""
    errors, warnings, fine = (len(of(findings, severity)) for severity in Severity)
    return f"{counted(errors, 'error')}, {counted(warnings, 'warning')}, {fine} fine"


def health_change(before: Iterable[Finding], now: Sequence[Finding]) -> HealthChange:
    """Compare two checks.

    An error of the last check that could not be looked at now is not mended: while an area has an error, its former
    errors stay as they were.
    """
    broken_before = {finding.identity: finding for finding in of(before, Severity.ERROR)}
    errors = {finding.identity: finding for finding in of(now, Severity.ERROR)}
    seen = {finding.identity for finding in now}
    troubled = {finding.area for finding in errors.values()}
    mended = (
        finding
        for identity, finding in broken_before.items()
        if identity not in errors and (identity in seen or finding.area not in troubled)
    )
    return HealthChange(tuple(error for key, error in errors.items() if key not in broken_before), tuple(mended))


def not_looked_at(before: Sequence[Finding], now: Sequence[Finding]) -> list[Finding]:
    """Return the former errors that could not be looked at now; they are kept for the next check."""
    change, seen = health_change(before, now), {finding.identity for finding in now}
    return [error for error in of(before, Severity.ERROR) if error not in change.mended and error.identity not in seen]


def grouped_names(names: Iterable[str]) -> list[str]:
    """Return names for a short list; fields of one Salesforce object, deployments and scopes become a number."""
    counts: dict[str, int] = {}
    for name in names:
        kind, _, _ = name.partition(" ")
        sobject, dot, _ = name.partition(".")
        group = f"{kind}s" if kind in _MANY else f"{sobject} fields" if dot else name
        counts[group] = counts.get(group, 0) + 1
    return [f"{count} {name}" if count > 1 else name for name, count in counts.items()]
