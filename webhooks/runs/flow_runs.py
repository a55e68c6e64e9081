"""Flow runs, as the receiver sees them and starts them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel

NOTIFICATION: Final = "notification"
"""The label of a run that names the notification which started it."""


class _Details(BaseModel):
    run_input_keyset: dict[str, str] | None = None


class State(BaseModel):
    """A flow run's state; a new id with every change."""

    id: str
    type: str
    name: str
    timestamp: datetime
    state_details: _Details = _Details()

    @property
    def asks(self) -> bool:
        """Whether it is suspended because it asked people; ops suspend a run without a question."""
        return self.type == "PAUSED" and self.state_details.run_input_keyset is not None


class FlowRun(BaseModel):
    """A flow run, as far as the receiver decides on it.

    Attributes:
        labels: what is known of its beginning: `started-by`, and the `notification` that started it, if one did.
        run_count: how often it has begun.
        is_new: this very call created it.
    """

    id: str
    name: str
    state: State
    tags: frozenset[str]
    created: datetime = datetime.min.replace(tzinfo=UTC)
    parameters: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    run_count: int = 0
    is_new: bool = False

    @property
    def is_preview(self) -> bool:
        """Whether it only shows what would be done."""
        return self.parameters.get("preview") is True


@dataclass(frozen=True)
class NewRun:
    """What to start: `key` makes it one run, however often it is asked for; `by` is told in the audit.

    `notification`: the id of the notification that starts it, "" when another event does.
    """

    deployment: str
    key: str
    parameters: Mapping[str, Any]
    tags: tuple[str, ...]
    by: str
    notification: str = ""
