"""`lifecycle bench --sandbox`: the sandbox's rate, and the choice of a CSM in a generated scenario."""

import os

from benchmarks.csm_choice import ACCOUNTS, measure_choice
from benchmarks.figures import conclude
from benchmarks.sales import open_sale
from benchmarks.sandbox_admin import SandboxAdmin
from benchmarks.sandbox_rate import SECONDS, sandbox_rates
from deployments.stack.stack import Stack, progress
from tasks.core.policy import load_policy

AT_MOST = {"choosing.calls": 2, "choosing.own_ms": 50}
AT_LEAST = {"sandbox_requests_a_second.*": 300}


async def measure(stack: Stack) -> int:
    """Measure and print both; returns 0, or 1 if a figure is outside its bound."""
    load, today = os.getloadavg()[0], (await load_policy()).today
    async with SandboxAdmin(stack.settings.sandbox_url) as admin:
        progress.print(f"Asking the sandbox for {SECONDS:.0f} s each …")
        await admin.switch_messages(on=False)
        rates = await sandbox_rates(stack, await open_sale(today), await admin.any_company_id())
        progress.print(f"Choosing among the CSMs of {ACCOUNTS:,} accounts …")
        choice = await measure_choice(admin)
    return conclude({"choosing": choice, "sandbox_requests_a_second": rates}, load, AT_MOST, AT_LEAST)
