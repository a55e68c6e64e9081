"""The trial of a burst of sales: closed at once, disturbed, repaired and retried; then everything is there once."""

from dataclasses import dataclass, field

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun

from benchmarks.burst import accept_any_number_of_accounts
from benchmarks.sales import close
from benchmarks.sandbox_admin import LATENCIES
from deployments.stack.stack import progress
from tests.scale.cluster import Cluster
from tests.scale.disturbances import REDIS, Disturbances
from tests.scale.following import Following, Outcome
from tests.scale.sales import THINGS, Sale, found_sales, plant_sales, repair, repeated_sign_ups
from tests.scale.verdict import all_faults
from tests.support.sandbox import SandboxProcess

MOMENTS = ((0.0, "receiver-1"), (0.05, "worker-2"), (0.15, "api-1"), (0.3, REDIS))
ASKED_OF = 20
"""Of so many sales, one has a gap."""


@dataclass
class Salespeople:
    """They repair half of the records at once, and the others after the disturbances."""

    sandbox: SandboxProcess
    gaps: list[Sale]
    disturbances: Disturbances
    repaired: set[str] = field(default_factory=set)

    async def __call__(self, runs: list[FlowRun]) -> None:
        """Repair the records about which a run asks."""
        asked = {str(run.parameters["opportunity_id"]) for run in runs if run.state_name == "Suspended"}
        due = [sale for sale in self.gaps if sale.opportunity in asked - self.repaired]
        if not self.disturbances.over:
            due = due[: max(len(self.gaps) // 2 - len(self.repaired), 0)]
        if due:
            repair(self.sandbox, due)
            self.repaired |= {sale.opportunity for sale in due}
            progress.print(f"  {len(due)} records are repaired in Salesforce")


async def try_sales(cluster: Cluster, client: PrefectClient, sandbox: SandboxProcess, count: int) -> Outcome:
    """Close the sales in one call, each message delivered twice, and follow them; what came of it."""
    await accept_any_number_of_accounts()
    sales = plant_sales(sandbox, count, max(4, count // ASKED_OF))
    gaps, disturbances = [sale for sale in sales if sale.has_gap], Disturbances(cluster, MOMENTS)
    sandbox.behaviour(outbound_messages="duplicate")
    sandbox.control.post("/_control/latency", json=LATENCIES).raise_for_status()
    progress.print(f"Closing {count} sales at once …")
    since, people = sandbox.last(), Salespeople(sandbox, gaps, disturbances)
    following = Following(cluster, client, disturbances, "onboarding", count, people)
    await close(*(sale.opportunity for sale in sales))
    await following.to_the_end()
    found = found_sales(sandbox, sales, following.runs)
    faults = all_faults(THINGS, found)
    rows = [
        ("closed", str(count)),
        ("asked about, repaired, resumed", str(len(people.repaired))),
        *await following.rows(),
        ("sign-ups repeated at the LMS", str(repeated_sign_ups(sandbox.journal("lms", since)))),
        ("with something lost or done twice", str(len(faults))),
    ]
    return Outcome(rows, faults | following.watch.faults)
