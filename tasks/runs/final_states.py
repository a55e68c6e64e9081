"""The final states of runs that could not do their work: who must act, on what, and which button then (D-3)."""

from typing import Any

from prefect import State
from prefect.states import Cancelled, Failed

from blocks.common.errors import VendorError, VendorUnavailable
from rules.common.ids import NotAnId
from rules.common.problems import HumanInputRequired, NobodyAskedError
from tasks.core.runbook import with_card
from tasks.runs.claims import present_run


def stopped(message: str) -> State[Any]:
    """The state of a run that may not act. What a schedule started is not started again: its next run does the work."""
    if present_run().auto_scheduled:
        return Cancelled(name="Stopped", message=message)
    return Failed(name="Stopped", message=message)


def failed(error: Exception) -> State[Any]:
    """The state that says who must act, on what, which button then, and where the runbook has more."""
    match error:
        case HumanInputRequired():
            name, message = error.state_name, f"{error} When that is done, press Retry."
        case NobodyAskedError():
            name, message = error.state_name, f"{error} When Slack takes it again, press Retry."
        case NotAnId():
            name, message = "Bad input", f"{error} Start a new run with the right id."
        case VendorUnavailable():
            name, message = "Unavailable", f"{_sentence(error)} When it is back, press Retry: what is done stays done."
        case VendorError():
            name = "Refused"
            message = f"{_sentence(error)} Put that right, then press Retry: what is done stays done."
        case _:
            name, message = "Bad input", f"{error} Then start a new run."
    return with_card(Failed(name=name, message=message))


def _sentence(error: VendorError) -> str:
    return f"{str(error).rstrip('.')}."
