"""The measurements, one after the other."""

import os

from prefect.client.orchestration import get_client

from benchmarks.arrival import MESSAGES, arrivals
from benchmarks.choosing import ACCOUNTS, choosing
from benchmarks.control import LATENCIES, Control
from benchmarks.pace import ROUNDS, pace
from benchmarks.rate import SECONDS, rates
from benchmarks.sales import open_sale
from benchmarks.show import Measured, show
from deployments.stack.stack import Stack, progress
from tasks.core.policy import load_policy


async def measure(stack: Stack, control: Control) -> int:
    """Measure everything and show it.

    Returns:
        0, or 1 when a promised bound is broken.

    Raises:
        FellShort: an onboarding that should go without trouble did not.
    """
    return show(await _measured(stack, control))


async def _measured(stack: Stack, control: Control) -> Measured:
    before = os.getloadavg()[0]
    today = (await load_policy()).today
    progress.print(f"Asking the sandbox for {SECONDS:.0f} s each …")
    await control.messages(on=False)
    sale, company = await open_sale(today), await control.some_company()
    found_rates = await rates(stack.settings.sandbox_url, stack.credentials, sale, company)
    async with get_client() as client:
        await control.latencies(LATENCIES)
        progress.print(f"Closing {MESSAGES} sales, one after the other …")
        came = await arrivals(client, control, today)
        progress.print(f"Onboarding by flow and by script, {ROUNDS} times each …")
        await control.messages(on=False)
        paced = await pace(client, today)
    progress.print(f"Choosing among the CSMs of {ACCOUNTS:,} accounts …")
    chosen = await choosing(control)
    return Measured(found_rates, came, paced, chosen, (before, os.getloadavg()[0]))
