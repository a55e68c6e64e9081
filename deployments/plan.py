"""Run a procedure as a preview from a shell and print its plan."""

from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.deployments.flow_runs import arun_deployment
from rich.console import Console
from rich.markdown import Markdown

out = Console(highlight=False)


async def preview(deployment: str, parameters: dict[str, Any]) -> int:
    """Start a preview, wait for it, print what it shows; 1 when it could not be made."""
    run = await arun_deployment(deployment, parameters={**parameters, "preview": True}, timeout=600, as_subflow=False)
    async with get_client() as client:
        of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
        for artifact in await client.read_artifacts(artifact_filter=of_run):
            if artifact.type == "markdown":
                out.print(Markdown(str(artifact.data)))
    if run.state is None or not run.state.is_completed():
        out.print(f"{run.state.name}: {run.state.message}" if run.state else "The run has no state.", markup=False)
        return 1
    return 0
