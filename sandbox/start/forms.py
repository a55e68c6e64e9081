"""The forms of the start page's switches."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from sandbox.start.switches import ALWAYS, FAULTS, VENDORS, WORLDS
from sandbox.state import SandboxState

_TIMES: Final = {"1": "for the next call", "3": "for the next 3 calls", "10": "for the next 10 calls",
                 "always": "until it is switched off"}  # fmt: skip
_LATENCIES: Final = {"0": "at once", "0.5": "after half a second", "2": "after 2 seconds", "5": "after 5 seconds"}
_FRESH: Final = (
    "Everything in the stand-ins is forgotten, and records get new ids. Runs, artifacts and audit pages stay in "
    "Prefect: stop and start the stack to begin without them."
)
_DATE: Final = (
    "This is the date of the stand-ins: of a new record, and of what the LMS ends by itself. Flows take the real date; "
    "for trials, start the stack with <code>LIFECYCLE_TODAY</code>."
)


def switches(sandbox: SandboxState) -> str:
    """Every switch."""
    return f"<div class='columns'>{_faults(sandbox)}{_latency(sandbox)}{_clock(sandbox)}{_world()}</div>"


def standing(sandbox: SandboxState) -> str:
    """The faults that are on, as a warning with a button; "" where there are none."""
    faults = sandbox.faults.left()
    if not faults:
        return ""
    lines = "".join(f"<li>{_in_words(one)}</li>" for one in faults)
    return (
        f"<section class='notice warn' aria-label='Faults'><ul>{lines}</ul>"
        "<form method='post' action='/start/faults/clear'><button>Switch all faults off</button></form></section>"
    )


def _in_words(fault: Mapping[str, Any]) -> str:
    known = (text for text, more in FAULTS.values() if all(fault[name] == value for name, value in more.items()))
    text = next(known, f"has the fault {fault['kind']}")
    often = "until it is switched off" if fault["times"] > ALWAYS // 2 else f"for {fault['times']} more calls"
    where = f" (paths {fault['path']})" if fault["path"] else ""
    return escape(f"{VENDORS[fault['system']]} {text}, {often}{where}")


def _faults(sandbox: SandboxState) -> str:
    parts = (
        _select("Vendor", "system", VENDORS),
        _select("What it does", "kind", {name: text for name, (text, _) in FAULTS.items()}),
        _select("How often", "times", _TIMES, "10"),
    )
    off = "" if sandbox.faults.left() else "<p class='soft'>No vendor has a fault now.</p>"
    return _sheet(
        "Make a vendor fail",
        f"{off}<form class='row' method='post' action='/start/faults'>{''.join(parts)}<button>Make it fail</button>"
        "</form><p class='soft'>Only calls of the flows meet it; these pages go on working.</p>",
    )


def _latency(sandbox: SandboxState) -> str:
    slow = {name: seconds for name, seconds in sandbox.latencies.items() if seconds}
    now = ", ".join(f"{VENDORS[name]} after {seconds:g} s" for name, seconds in slow.items()) or "All answer at once."
    parts = _select("Vendor", "system", VENDORS) + _select("It answers", "seconds", _LATENCIES, "2")
    return _sheet(
        "Make a vendor slow",
        f"<p class='soft'>{escape(now)}</p><form class='row' method='post' action='/start/latency'>{parts}"
        "<button>Set the latency</button></form>",
    )


def _clock(sandbox: SandboxState) -> str:
    today = sandbox.clock.today()
    return _sheet(
        "The date",
        f"<p>Today is <b>{today:%A}, {today.isoformat()}</b>.</p><form class='row' method='post' action='/start/clock'>"
        f"<label>Date<input type='date' name='day' value='{today.isoformat()}'></label><button>Set the date</button>"
        "<button name='to' value='tomorrow'>One day on</button><button name='to' value='real'>The real date</button>"
        f"</form><p class='soft'>{_DATE}</p>",
    )


def _world() -> str:
    return _sheet(
        "Begin anew",
        f"<form class='row' method='post' action='/start/reset'>{_select('World', 'world', WORLDS)}"
        f"<button class='danger'>Make a fresh world</button></form><p class='soft'>{_FRESH}</p>",
    )


def _sheet(title: str, body: str) -> str:
    return f"<section class='sheet'><h3>{title}</h3>{body}</section>"


def _select(label: str, name: str, choices: Mapping[str, str], chosen: str = "") -> str:
    options = "".join(
        f"<option value='{value}'{' selected' if value == chosen else ''}>{escape(text)}</option>"
        for value, text in choices.items()
    )
    return f"<label>{label}<select name='{name}'>{options}</select></label>"
