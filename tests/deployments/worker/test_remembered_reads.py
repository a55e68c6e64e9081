"""The worker reads a deployment once for several runs, and sees a change of it a moment later."""

from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.exceptions import ObjectNotFound

from deployments.worker import remembered_reads
from deployments.worker.remembered_reads import RememberedReads

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_server")]


@flow
def deployed():
    """The flow of the deployment."""


@pytest.fixture
async def client():
    async with get_client() as client:
        yield client


@pytest.fixture
async def deployment(client):
    flow_id = await client.create_flow(deployed)
    return await client.create_deployment(flow_id, "remembered", job_variables={"env": {"A": "1"}})


async def test_a_change_is_seen_once_the_moment_is_over(client, deployment, monkeypatch):
    reads = RememberedReads(client)
    before = await reads.read_deployment(deployment)
    await client.update_deployment(deployment, DeploymentUpdate(job_variables={"env": {"A": "2"}}))
    monkeypatch.setattr(remembered_reads, "SECONDS", 600)
    assert await reads.read_deployment(deployment) == before
    monkeypatch.setattr(remembered_reads, "SECONDS", 0)
    assert (await reads.read_deployment(deployment)).job_variables == {"env": {"A": "2"}}


async def test_what_the_worker_adds_for_one_run_is_not_there_for_the_next(client, deployment):
    reads = RememberedReads(client)
    (await reads.read_deployment(deployment)).job_variables["env"]["B"] = "of one run"
    assert (await reads.read_deployment(deployment)).job_variables == {"env": {"A": "1"}}


async def test_a_deployment_that_does_not_exist_is_not_remembered(client, deployment):
    reads = RememberedReads(client)
    flow_id = (await reads.read_deployment(deployment)).flow_id
    assert (await reads.read_flow(flow_id)).name == deployed.name
    with pytest.raises(ObjectNotFound):
        await reads.read_deployment(uuid4())
