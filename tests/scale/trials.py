"""The trials, one after the other, on one cluster."""

import os

import httpx
from prefect.client.orchestration import get_client

from sandbox.state import Credentials
from tests.scale.cluster import Cluster
from tests.scale.following import Outcome
from tests.scale.trial_of_ends import try_ends
from tests.scale.trial_of_sales import try_sales
from tests.scale.trial_of_workbook import try_workbook
from tests.support.sandbox import SandboxProcess


async def run(cluster: Cluster, sizes: dict[str, int]) -> dict[str, Outcome]:
    """The outcome of each trial with a size, by its name."""
    sandbox, outcomes = sandbox_of(cluster), dict[str, Outcome]()
    async with get_client() as client:
        if sizes["SALES"]:
            outcomes["sales"] = await try_sales(cluster, client, sandbox, sizes["SALES"])
        if sizes["ACCOUNTS"]:
            outcomes["workbook"] = await try_workbook(cluster, client, sandbox, sizes["ACCOUNTS"])
        if sizes["ENDS"]:
            outcomes["ends"] = await try_ends(cluster, client, sandbox, sizes["ENDS"])
    return outcomes


def sandbox_of(cluster: Cluster) -> SandboxProcess:
    """The controls of the cluster's sandbox."""
    settings = cluster.settings
    control = httpx.Client(base_url=settings.sandbox_url, trust_env=False, timeout=120)
    own = Credentials.from_environment(os.environ | cluster.credentials.for_sandbox())
    process = next(process for name, process in cluster._running if name == "sandbox")
    return SandboxProcess(settings.sandbox_url, own, control, process, settings.sandbox_smtp_port)
