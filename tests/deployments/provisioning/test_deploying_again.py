"""`lifecycle bootstrap` runs after every update: what it deploys is then there already."""

import pytest
from prefect.client.orchestration import get_client

from deployments.provisioning.bootstrap import create_work_pool
from deployments.provisioning.declared import apply_deployment
from deployments.stack.settings import StackSettings
from tasks.health.declared import WORK_POOL, declared

pytestmark = pytest.mark.flows

NAME = "waiting/reminders"


@pytest.mark.usefixtures("prefect_api")
async def test_a_schedule_with_a_former_name_is_renamed_once_and_stays():
    (entry,) = (entry for entry in declared() if entry["name"] == "reminders")
    (schedule,) = entry["schedules"]
    async with get_client() as client:
        await create_work_pool(client, StackSettings())
        await apply_deployment(client, entry)
        await apply_deployment(client, entry)
        first = await client.read_deployment_by_name(NAME)
        try:
            path = f"/deployments/{first.id}/schedules/{first.schedules[0].id}"
            await client._client.patch(path, json={"slug": schedule["replaces"]})
            await apply_deployment(client, entry)
            await apply_deployment(client, entry)
            again = await client.read_deployment_by_name(NAME)
            assert [one.slug for one in again.schedules] == [schedule["slug"]]
            assert again.schedules[0].id == first.schedules[0].id
        finally:
            await client.delete_deployment(first.id)
            await client.delete_work_pool(WORK_POOL)
