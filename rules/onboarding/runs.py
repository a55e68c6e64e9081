"""The onboarding runs of an opportunity: their keys, tags and ends (ONB-1, ONB-2, D-16)."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from rules.questions.questions import OUT_OF_SCOPE

ONBOARDING: Final = "onboarding"
"""The tag of every onboarding run."""
OPPORTUNITY_TAG: Final = "opportunity:"
"""The beginning of the tag that names the opportunity."""
NOT_SET_UP: Final = "not-set-up"
"""The tag of an onboarding that waits before the LMS has its customer: it will read every contract again."""
MISSED_TAG: Final = "missed:"
"""The beginning of the tag of an onboarding that no message has started; the day of the win follows (UTC)."""
ENDED_OUT_OF_SCOPE: Final = "Out of scope"


def onboarding_run_key(opportunity_id: str, *, after: str = "") -> str:
    """The idempotency key of an onboarding run: whoever starts it, one run comes of it.

    Args:
        opportunity_id: 18 characters.
        after: id of the ended run that this one follows; a run has one successor. "" for the first run.
    """
    key = f"onboarding:{opportunity_id}"
    return f"{key}:after:{after}" if after else key


def missed_since(tags: Collection[str]) -> datetime | None:
    """The day of the win of a sale whose message was missed (UTC); None for any other run."""
    days = (tag.removeprefix(MISSED_TAG) for tag in tags if tag.startswith(MISSED_TAG))
    day = next(days, None)
    return datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None


def ended_out_of_scope(state: str, tags: Collection[str]) -> bool:
    """Whether a completed run ended because the sale was out of scope; a tagged run that completed later did not.

    Args:
        state: the name of its state.
        tags: of the run.
    """
    return state == ENDED_OUT_OF_SCOPE or (OUT_OF_SCOPE in tags and state != "Completed")
