"""Exceptions by which a step or a procedure ends its run."""

from typing import Any

from prefect import State


class BadInput(ValueError):
    """Raised when the parameters do not make sense together; the message is for the person who entered them."""


class RunEnded(Exception):
    """Raised to end a run at once in a state that is not a failure.

    Attributes:
        state: the run's final state.
    """

    def __init__(self, state: State[Any]) -> None:
        super().__init__(state.message)
        self.state = state
