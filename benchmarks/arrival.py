"""From Salesforce's outbound message to the first step, and on to the end, through receiver and worker."""

from dataclasses import dataclass
from datetime import date

from prefect.client.orchestration import PrefectClient

from benchmarks.control import Control
from benchmarks.figures import Calls, calls
from benchmarks.runs import Times, finished, times
from benchmarks.sales import close, open_sale

MESSAGES = 20


@dataclass(frozen=True)
class Arrival:
    """One message that became an onboarding: its run's times, and the calls it cost."""

    times: Times
    calls: Calls


async def arrivals(client: PrefectClient, control: Control, today: date) -> list[Arrival]:
    """Close sales one after the other, each when the one before is onboarded."""
    await control.messages(on=False)
    sales = [await open_sale(today) for _ in range(MESSAGES)]
    await control.messages(on=True)
    return [await _arrival(client, control, opportunity_id) for opportunity_id in sales]


async def _arrival(client: PrefectClient, control: Control, opportunity_id: str) -> Arrival:
    await close(opportunity_id)
    before = await control.last_entry()
    run = await finished(client, opportunity_id)
    return Arrival(await times(client, run.id), calls(await control.journal(before)))
