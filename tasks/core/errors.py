"""Exceptions by which a step or a procedure ends its run."""

from typing import Any

from prefect import State


class BadInput(ValueError):
    """Raised when the parameters do not make sense together; the message is for the person who entered them."""


class NotThereYet(Exception):
    """Raised when another system has yet to create a record: the run ends its process and looks again later.

    The step that raises it is completed, not failed: nobody needs to act.

    Attributes:
        system: that creates the record.
        pause: seconds until the run looks again.
    """

    def __init__(self, system: str, what: str, pause: float) -> None:
        super().__init__(f"{system} has no {what} yet.")
        self.system, self.pause = system, pause


class RunEnded(Exception):
    """Raised to end a run at once in a state that is not a failure.

    Attributes:
        state: the run's final state.
    """

    def __init__(self, state: State[Any]) -> None:
        super().__init__(state.message)
        self.state = state
