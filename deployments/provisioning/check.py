"""`lifecycle check`: print what is wrong and what to do, the worst first."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from deployments.stack.settings import StackSettings
from rules.health.findings import Finding, Severity, grouped_names, of, summary, worst_first
from tasks.core.runbook import finding_card, set_up_page
from tasks.health.probes import look_everywhere

out = Console(highlight=False)
_TITLES = {Severity.ERROR: ("Errors", "bold red"), Severity.WARNING: ("Warnings", "bold yellow")}


async def check_all(settings: StackSettings, *, every: bool) -> int:
    """Print errors, warnings, what is fine, and a summary; returns 1 if there is an error.

    Args:
        settings: the stack's settings.
        every: print the details of what is fine, too.
    """
    findings = await look_everywhere(settings.folder)
    show(findings, out, every=every)
    return 1 if of(findings, Severity.ERROR) else 0


def show(findings: Sequence[Finding], out: Console, *, every: bool) -> None:
    """Print the findings within the width of the terminal; no text is cut."""
    for severity, group in groupby(worst_first(findings), key=attrgetter("severity")):
        if severity is Severity.FINE and not every:
            _show_names(list(group), out)
            continue
        title, style = _TITLES.get(severity, ("Fine", "bold green"))
        out.print(Text(title, style))
        for finding in group:
            out.print(_indented(f"{finding.area}: {finding.name}", 2))
            out.print(_indented(finding.message, 6))
            if severity is not Severity.FINE:
                out.print(_indented(str(finding_card(finding)), 6))
            if severity is Severity.ERROR and (page := set_up_page(finding.area)):
                out.print(_indented(page, 6))
        out.print()
    out.print(Text(summary(findings), "bold"))


def _show_names(fine: Sequence[Finding], out: Console) -> None:
    """Print what is fine, a paragraph for each area; the fields of a Salesforce object as their number."""
    out.print(Text("Fine (`lifecycle check --all` shows the details)", "bold green"))
    for area, group in groupby(fine, key=attrgetter("area")):
        out.print(_indented(f"{area}: {', '.join(grouped_names(finding.name for finding in group))}", 2))
    out.print()


def _indented(text: str, columns: int) -> Padding:
    return Padding(Text(text, overflow="fold"), (0, 0, 0, columns))
