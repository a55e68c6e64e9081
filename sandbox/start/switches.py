"""The switches of the start page: faults, latencies, the date, a fresh world."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from html import escape
from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.control import Reset, fresh_world
from sandbox.faults import Fault
from sandbox.page import page
from sandbox.state import SandboxState

VENDORS: Final = {
    "lms": "LMS",
    "salesforce": "Salesforce",
    "recurly": "Recurly",
    "slack": "Slack",
    "outreach": "Outreach",
    "mail": "Mail",
}
FAULTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "unavailable": ("is unavailable", {"kind": "error", "status": 503}),
    "limit": ("answers “too many requests”", {"kind": "rate_limit"}),
    "silent": ("does not answer within 30 seconds", {"kind": "timeout", "seconds": 30.0}),
    "lost": ("does its work, but the answer is lost", {"kind": "drop_after"}),
    "refuses": ("refuses: forbidden", {"kind": "error", "status": 403}),
    "html": ("answers with a web page instead of data", {"kind": "html"}),
}
"""What a vendor does, in words and as a fault."""
ALWAYS: Final = 1_000_000
TIMES: Final = {"1": 1, "3": 3, "10": 10, "always": ALWAYS}
WORLDS: Final = {
    "demo": "Demo: sales, ends, a transition",
    "empty": "Empty org",
    "bare": "Bare org: without fields of ours",
    "generated": "Generated: 1,000 accounts",
}
DONE: Final = {
    "faults": "The fault is on.",
    "cleared": "No vendor has a fault now.",
    "latency": "The latency is set.",
    "clock": "The date is set.",
    "reset": "The world is fresh.",
    "report": "The sale is in the Onboarding Report now.",
}
"""What the page says after a change, by the word in its address."""
_APART: Final = 10_000
"""By so many numbers the ids of a fresh world lie behind those of the world before."""
_LATEST: Final = date(9000, 1, 1)

Form = Mapping[str, str]


class Switches:
    """The changes that the start page's forms ask for."""

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        calls: dict[str, Callable[[Form], str]] = {
            "faults": self._fault,
            "faults/clear": self._clear,
            "latency": self._latency,
            "clock": self._clock,
            "reset": self._reset,
            "report": self._report,
        }
        self.routes = [Route(f"/start/{name}", _changing(call), methods=["POST"]) for name, call in calls.items()]

    def _fault(self, form: Form) -> str:
        system, kind, times = form.get("system", ""), form.get("kind", ""), form.get("times", "")
        if kind not in FAULTS or times not in TIMES:
            raise ValueError("Choose what the vendor does, and how often.")
        more = dict(FAULTS[kind][1])
        if system == "mail":
            # A mail server has status codes of its own.
            more.pop("status", None)
        self._sandbox.faults.order(Fault(system=system, times=TIMES[times], **more))
        return "faults"

    def _clear(self, _form: Form) -> str:
        self._sandbox.faults.clear()
        return "cleared"

    def _latency(self, form: Form) -> str:
        seconds, system = float(form.get("seconds") or 0), form.get("system", "")
        if system not in VENDORS or not 0 <= seconds <= 60:  # noqa: PLR2004 - as the control call has it
            raise ValueError("A latency is of one vendor, and between 0 and 60 seconds.")
        self._sandbox.latencies[system] = seconds
        return "latency"

    def _clock(self, form: Form) -> str:
        clock, given = self._sandbox.clock, form.get("day", "")
        match form.get("to"):
            case "real":
                clock.set(None)
            case "tomorrow":
                clock.set(min(clock.today() + timedelta(days=1), _LATEST))
            case _:
                day = date.fromisoformat(given)
                if not 1970 <= day.year <= _LATEST.year:  # noqa: PLR2004 - the years in which instants can be told
                    raise ValueError("Choose a date after 1970.")
                clock.set(day)
        return "clock"

    def _reset(self, form: Form) -> str:
        order = Reset.model_validate({"world": form.get("world", ""), "skip_ids": self._sandbox.skipped_ids + _APART})
        fresh_world(self._sandbox, order)
        return "reset"

    def _report(self, form: Form) -> str:
        behaviour = self._sandbox.behaviour
        behaviour.report_omits = [one for one in behaviour.report_omits if one != form.get("opportunity")]
        return "report"


def _changing(change: Callable[[Form], str]) -> Callable[[Request], Any]:
    """A form's request, after which the start page says what was done, or a page why nothing was."""

    async def answer(request: Request) -> Response:
        given = {name: str(value) for name, value in (await request.form()).items()}
        try:
            done = change(given)
        except ValidationError as error:
            return _refused("; ".join(one["msg"] for one in error.errors()))
        except ValueError as error:
            return _refused(str(error))
        return RedirectResponse(f"/?done={done}#done", 303)

    return answer


def _refused(why: str) -> Response:
    body = f"<p role='alert'>{escape(why)}</p><p><a href='/'>Back to the start page</a></p>"
    return page("Nothing was changed", body, 400, here="/")
