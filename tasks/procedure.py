"""What a procedure is: a flow whose every end is said in words (D-3)."""

import functools
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ParamSpec

from prefect import Flow, State, flow
from prefect.states import Failed
from pydantic import Field

from blocks.common.errors import RecordMissing, VendorError, VendorUnavailable
from rules.common.ids import NotAnId
from rules.common.problems import HumanInputRequired, NobodyAskedError
from tasks.core.connections import load_early
from tasks.core.errors import BadInput
from tasks.questions.closing import end_of_missing

P = ParamSpec("P")
Body = Callable[P, Coroutine[Any, Any, State[Any]]]
Preview = Annotated[bool, Field(description="Show what would be done, field by field, and write nothing.")]
"""The parameter that every procedure has."""


def procedure(name: str, run_name: str) -> Callable[[Body[P]], Flow[P, Coroutine[Any, Any, State[Any]]]]:
    """Make a flow that ends in a state whose name and message tell who must act, on what, and which button then."""

    def decorate(body: Body[P]) -> Flow[P, Coroutine[Any, Any, State[Any]]]:
        @functools.wraps(body)
        async def told(*args: P.args, **kwargs: P.kwargs) -> State[Any]:
            load_early()
            try:
                return await body(*args, **kwargs)
            except RecordMissing as error:
                return await end_of_missing(error) or _failed(error)
            except (HumanInputRequired, NobodyAskedError, BadInput, NotAnId, VendorError) as error:
                return _failed(error)

        make = flow(name=name, flow_run_name=run_name, persist_result=True, result_serializer="json")
        return make(told)

    return decorate


def _failed(error: Exception) -> State[Any]:
    """The state that says who must act, on what, and which button then."""
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
    return Failed(name=name, message=message)


def _sentence(error: VendorError) -> str:
    return f"{str(error).rstrip('.')}."
