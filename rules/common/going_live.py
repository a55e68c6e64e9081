"""How far the project acts: for every account, for some, or not at all, until CS Operations say otherwise (ADR-17)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.common.text import counted

PREVIEWED: Final = "Previewed"
"""The final state of a run that wrote nothing: a preview, or a run in shadow mode."""
SHADOW: Final = "shadow"
"""The tag of a run that previews because of shadow mode. A run that acts after all loses it."""


class Mode(StrEnum):
    """What runs may do."""

    LIVE = "live"
    SHADOW = "shadow"
    STOPPED = "stopped"


class Reach(StrEnum):
    """What a procedure changes, which decides what it does in shadow mode and while everything is stopped."""

    CUSTOMERS = "records of customers, or messages about them"
    RUNS = "runs in Prefect, or messages about live runs"
    REPORTS = "what CS Operations know about the system"


@dataclass(frozen=True)
class GoingLive:
    """How far the project acts.

    Attributes:
        accounts: ids of 18 characters: live although the mode is shadow.
        reason: of the mode, for people.
    """

    mode: Mode = Mode.LIVE
    accounts: frozenset[str] = frozenset()
    reason: str = ""

    @property
    def is_stopped(self) -> bool:
        """Whether no run may do anything."""
        return self.mode is Mode.STOPPED

    @property
    def posts(self) -> bool:
        """Whether any account is live, so that there is news of live runs."""
        return self.mode is Mode.LIVE or (self.mode is Mode.SHADOW and bool(self.accounts))

    def previews(self, *accounts: str) -> bool:
        """Whether a run about these accounts only previews; a run about none is about the whole org."""
        return self.mode is Mode.SHADOW and not (accounts and self.accounts.issuperset(accounts))


def was_shadow(state: str, *, preview: bool) -> bool:
    """Whether a completed run only previewed because of shadow mode.

    Args:
        state: the name of its state.
        preview: a person started it as a preview.
    """
    return state == PREVIEWED and not preview


def meaning(going: GoingLive) -> str:
    """Return what the mode means for runs, and why it is so."""
    reason = f" Reason: {going.reason.rstrip('.')}." if going.reason else ""
    if going.is_stopped:
        return f"Stopped: no run does anything.{reason} To go on, run lifecycle start."
    if going.mode is Mode.LIVE:
        return f"Live: every run does its work.{reason}"
    live = counted(len(going.accounts), "live account")
    return f"Shadow mode: every run only previews{f', except for {live}' if going.accounts else ''}.{reason}"


def why_stopped(going: GoingLive, step: str = "") -> str:
    """Return the message of a run that is stopped.

    Args:
        going: as it is now.
        step: the title of the write step that the run does not take; "" if it has not begun.
    """
    at = f"Stopped before “{step}”." if step else "Nothing was done."
    if not going.is_stopped:
        return (
            f"{at} Shadow mode began after this run, which had written before. What is done stays done. When the "
            "account is live, press Retry."
        )
    reason = f" Reason: {going.reason.rstrip('.')}." if going.reason else ""
    return (
        f"{at} Everything is stopped.{reason} The artifact policy-versions says who did that. After `lifecycle start`, "
        "press Retry, or run `lifecycle retry --class stopped`: what is done stays done."
    )
