"""What the runs of other stand-ins left in Prefect: their records have the same ids as those of the session's."""

from collections.abc import Collection

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey, FlowFilter, FlowFilterName

from tasks.runs.audit import audit_key

BULK = 50
"""The most runs that Prefect deletes in one call."""


async def forget_runs(flows: Collection[str]) -> None:
    """Delete every run of these flows, and the audit pages of accounts, which link to runs."""
    of = FlowFilter(name=FlowFilterName(any_=[*flows]))
    async with get_client() as client:
        while found := await client.read_flow_runs(flow_filter=of, limit=BULK):
            ids = [str(run.id) for run in found]
            await client.request("POST", "/flow_runs/bulk_delete", json={"flow_runs": {"id": {"any_": ids}}})
    await forget_artifacts(ArtifactFilterKey(like_=audit_key("%")))


async def forget_artifacts(which: ArtifactFilterKey) -> None:
    """Delete every version of these artifacts."""
    async with get_client() as client:
        while kept := await client.read_artifacts(artifact_filter=ArtifactFilter(key=which), limit=200):
            for one in kept:
                await client.delete_artifact(one.id)
