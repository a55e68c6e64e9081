"""The fields of flow runs that the receiver reads and sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel

NOTIFICATION: Final = "notification"
"""The label with the id of the notification that started the run."""


class _StateDetails(BaseModel):
    run_input_keyset: dict[str, str] | None = None


class State(BaseModel):
    """A state of a flow run; each change of state has a new id."""

    id: str
    type: str
    name: str
    timestamp: datetime
    state_details: _StateDetails = _StateDetails()

    @property
    def asks(self) -> bool:
        """Whether the run is suspended by a question; a run that ops suspended has none."""
        return self.type == "PAUSED" and self.state_details.run_input_keyset is not None


class FlowRun(BaseModel):
    """A flow run.

    Attributes:
        labels: `started-by`, and the id of the `notification` that started the run, if one did.
        run_count: how often the run has started.
        idempotency_key: the key that it was started with, if any.
        is_new: whether the last call created it.
    """

    id: str
    name: str
    state: State
    tags: frozenset[str]
    created: datetime = datetime.min.replace(tzinfo=UTC)
    parameters: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    run_count: int = 0
    idempotency_key: str | None = None
    is_new: bool = False

    @property
    def is_preview(self) -> bool:
        """Whether the run shows its plan and changes nothing."""
        return self.parameters.get("preview") is True


@dataclass(frozen=True)
class NewRun:
    """A run to start.

    Attributes:
        key: the idempotency key; starting with the same key again creates no second run.
        parameters: of the flow, `preview` among them: the form of a deployment may begin with preview on.
        by: the system or person that starts the run, for the audit.
        notification: id of the notification that starts the run, or "".
    """

    deployment: str
    key: str
    parameters: Mapping[str, Any]
    tags: tuple[str, ...]
    by: str
    notification: str = ""
