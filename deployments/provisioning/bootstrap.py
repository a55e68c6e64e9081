"""Create everything that Prefect needs before a run can start. Applying it twice changes nothing."""

import shlex
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from prefect.automations import Automation
from prefect.blocks.core import Block
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import BlockDocumentUpdate, WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from prefect.filesystems import LocalFileSystem
from prefect.workers.process import ProcessWorker
from pydantic import ValidationError

from blocks.common.load_block import Stored, read_stored
from blocks.lms.block import Lms
from blocks.mail.block import MailServer
from blocks.outreach.block import OutreachApp
from blocks.policy.block import Policy
from blocks.policy.sections import is_flat
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.slack.block import SlackWorkspace
from deployments.provisioning.declared import RUN_SETTINGS, deploy
from deployments.provisioning.sandbox_blocks import with_last_login
from deployments.stack.settings import PROJECT, StackSettings, python
from deployments.stack.topology import RESULTS
from tasks.core.locks import LIMITS
from tasks.health.declared import RUN_THAT_NEVER_BEGAN, SILENT_RUN, WORK_POOL
from tasks.home.start_page import start_page
from tasks.runs.retries import PROCESS_GONE

BLOCK_KINDS: tuple[type[Block], ...] = (
    SalesforceOrg,
    Lms,
    RecurlySite,
    SlackWorkspace,
    OutreachApp,
    MailServer,
    Policy,
)
START_RUN = PROJECT / "deployments" / "worker" / "start_run.py"
"""What a worker runs for each run: it finds a warm process, or starts a new one."""
SILENCE = timedelta(seconds=120)
"""A run without a heartbeat for this long has lost its process. A heartbeat comes every 30 s."""
START = timedelta(seconds=300)
"""A run whose process has not started within this time will not start."""


async def bootstrap(settings: StackSettings, blocks: tuple[Block, ...] = ()) -> None:
    """Create or update everything that this project needs in Prefect.

    Args:
        settings: the stack's settings.
        blocks: connections to save, over those that exist. A policy is saved only if there is none.
    """
    async with get_client() as client:
        await create_work_pool(client, settings)
        await create_limits(client)
    for kind in BLOCK_KINDS:
        await kind.register_type_and_schema()
    for block in blocks:
        await (await with_last_login(block)).save("default", overwrite=True)
    await default_policy()
    if settings.results:
        await save_results_block(settings.results)
    for automation in automations(settings):
        await _upsert(automation)
    await deploy()
    await start_page()


async def create_work_pool(client: PrefectClient, settings: StackSettings) -> None:
    """One process pool. Its runs use this interpreter, in the project's folder, without a pipe that can break."""
    template = ProcessWorker.get_default_base_job_template()
    properties: dict[str, dict[str, Any]] = template["variables"]["properties"]
    properties["command"]["default"] = shlex.join([python(), "-I", "-S", str(START_RUN)])
    properties["working_dir"]["default"] = str(PROJECT)
    properties["stream_output"]["default"] = False
    properties["env"]["default"] = RUN_SETTINGS
    limit = settings.runs_at_once
    try:
        await client.read_work_pool(WORK_POOL)
    except ObjectNotFound:
        await client.create_work_pool(
            WorkPoolCreate(name=WORK_POOL, type="process", base_job_template=template, concurrency_limit=limit)
        )
    else:
        await client.update_work_pool(WORK_POOL, WorkPoolUpdate(base_job_template=template, concurrency_limit=limit))


async def create_limits(client: PrefectClient) -> None:
    """Create the global concurrency limits that serve as locks."""
    for name, limit in LIMITS.items():
        await client.upsert_global_concurrency_limit_by_name(name, limit)


async def save_results_block(folder: Path) -> None:
    """Save the storage block of kept results. Workers on several machines share the folder."""
    _, _, name = RESULTS.partition("/")
    await LocalFileSystem(basepath=str(folder)).save(name, overwrite=True)


async def default_policy() -> None:
    """Save a policy if there is none, and one that was stored without sections in them: the form then shows them."""
    blocks: Stored = await read_stored([Policy], "default")
    found = blocks.get(Policy.get_block_type_slug())
    if found is None:
        await Policy().save("default")
    elif is_flat(found["data"]):
        # A wrong setting stays as it is: whoever runs the check, or the next run, is told.
        with suppress(ValidationError):
            await _replace(Policy.model_validate(found["data"]))


async def _replace(policy: Policy) -> None:
    """Save a policy without what was stored besides; `save` itself would keep it."""
    document = await policy.save("default", overwrite=True)
    data = policy.model_dump(mode="json", include=set(Policy.model_fields))
    async with get_client() as client:
        await client.update_block_document(document, BlockDocumentUpdate(data=data, merge_existing_data=False))


def automations(settings: StackSettings) -> tuple[Automation, ...]:
    """Automations that mark runs without a process as Crashed, so that a person can press Retry.

    On Postgres, a run is also noticed that died before it began, or before its first heartbeat arrived. On SQLite this
    would write to the database at every start of a run, which overloads it. There the worker, on the same machine,
    notices the loss itself.
    """
    running = {"prefect.flow-run.Running"} if settings.has_postgres else set()
    silent = _crashed_when(
        SILENT_RUN,
        "A running flow whose heartbeats stopped.",
        after={"prefect.flow-run.heartbeat"} | running,
        within=SILENCE,
    )
    never_began = _crashed_when(
        RUN_THAT_NEVER_BEGAN,
        "A flow run taken by a worker whose process did not start.",
        after={"prefect.flow-run.Pending", "prefect.flow-run.Submitting"},
        within=START,
    )
    return (silent, never_began) if settings.has_postgres else (silent,)


def _crashed_when(name: str, description: str, *, after: set[str], within: timedelta) -> Automation:
    """Mark a run as Crashed if no event of it follows one of `after` within the time.

    A Retry and everything after it are events too, so no automation marks a run that was retried.
    """
    return Automation(
        name=name,
        description=description,
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after=after,
            expect={"prefect.flow-run.*"},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            threshold=1,
            within=within,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=PROCESS_GONE)],
    )


async def _upsert(automation: Automation) -> None:
    """Create the automation, or update the one of that name. Prefect itself would create a second one."""
    try:
        existing = await Automation.aread(name=automation.name)
    except ValueError:
        await automation.acreate()
        return
    automation.id = existing.id
    await automation.aupdate()
