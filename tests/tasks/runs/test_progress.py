"""How far work has come, as its page shows it."""

import asyncio

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from tasks.runs.claims import present_run
from tasks.runs.progress import progress

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]


async def test_of_many_that_end_at_once_the_last_word_stays():
    many = 40

    @flow(persist_result=False)
    async def work():
        async with progress("Errands done", many) as advance:
            await asyncio.gather(*(advance(1) for _ in range(many)))
        return present_run().id

    its = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[await work()]))
    async with get_client() as client:
        (shown,) = await client.read_artifacts(artifact_filter=its)
    assert (shown.key, shown.description, shown.data) == ("progress-errands-done", "Errands done: 40 of 40", 100.0)
