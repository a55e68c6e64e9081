"""Where the processes of a workbook, of its accounts and of their giving back may die, and what a death is."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from tasks.transition.runs import WORKBOOK_RUN_TAG
from tasks.transition.workbook_runs import WAITING_TAG
from tests.faults.killed import killed
from tests.support.prefect_calls import ask_prefect
from tests.support.whole_workbooks import WholeWorkbook, free_turns


class Death(NamedTuple):
    """How it is seen that a process does something, and the call that is held while it dies, as a fault."""

    seen: Callable[[WholeWorkbook, int], Any]
    held: dict[str, Any] | None = None


def calling(system, path="", times=1, *, held=True):
    def seen(whole, since):
        return sum(path in one["path"] for one in whole.sandbox.journal(system, since)) >= times

    return Death(seen, {"system": system, "path": path, "skip": times - 1} if held else None)


def has_kept_a_plan(whole, _):
    return ask_prefect(f"/flow_runs/{whole.run.id}/input/filter", prefix="plan-")


def has_started_some(whole, _):
    return ask_prefect("/flow_runs/count", flow_runs={"tags": {"all_": [f"{WORKBOOK_RUN_TAG}{whole.run.id}"]}})


def falls_asleep(whole, _):
    (run,) = ask_prefect("/flow_runs/filter", flow_runs={"id": {"any_": [str(whole.run.id)]}})
    return WAITING_TAG in run["tags"]


ASKING = {
    "reads the workbook": calling("slack", "files.info"),
    "analyses": calling("recurly"),
    "announces the checked copy": calling("slack", "chat.postMessage"),
    "posts the checked copy": calling("slack", "files.completeUpload"),
    "has posted the checked copy": calling("slack", "chat.getPermalink", held=False),
    "has kept the plan": Death(has_kept_a_plan),
    "asks": calling("slack", "chat.postMessage", 2),
}
STARTING = {
    "closes the question": calling("slack", "chat.update"),
    "arranges the calls": calling("salesforce"),
    "starts a wave": Death(has_started_some),
}
MOVING_ACCOUNTS = {
    "begins": calling("recurly"),
    "uploads the checklist": calling("salesforce", "ContentVersion"),
    "has moved it in salesforce": calling("outreach", "/api/v2"),
    "moves prospects": calling("outreach", "/prospects/", 2),
    "begins the sequence": calling("outreach", "/sequenceStates", 3),
    "invites": calling("mail"),
    "compares": calling("outreach", "/tasks"),
}
"""What the workbook's process does for its accounts when it dies."""
TRIED_AGAIN = {name: death for name, death in MOVING_ACCOUNTS.items() if name != "uploads the checklist"}
"""Of an account that failed in Outreach, which comes after its checklist."""
SLEEPING = {"falls asleep": Death(falls_asleep)}
REPORTING = {
    "announces the report": calling("slack", "chat.postMessage"),
    "posts the report": calling("slack", "files.completeUpload"),
    "has posted the report": calling("slack", "chat.getPermalink", held=False),
}
"""What the workbook's process does when it dies: before the approval, after it, while it waits, in the end."""
GIVING_BACK = {
    "begins": calling("salesforce"),
    "has given it back in salesforce": calling("outreach", "/api/v2"),
    "gives prospects back": calling("outreach", "/prospects/", 2),
    "withdraws the call": calling("mail"),
}
"""What the process does that gives an account back."""


async def dies(whole, run, death):
    """Its process dies there; a minute later what it had sent has been taken, and its turns are free."""
    if death.held:
        whole.sandbox.fault(kind="slow", seconds=1, **death.held)
    since = whole.sandbox.last()
    await killed(run, lambda: death.seen(whole, since))
    whole.sandbox.clear_faults()
    async with asyncio.timeout(60):
        while any(one["status"] is None for one in taken(whole, since)):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.05)
    await free_turns()


def taken(whole, since):
    """A mail whose sender died gets no answer."""
    return [one for one in whole.sandbox.journal(since=since) if one["system"] != "mail"]
