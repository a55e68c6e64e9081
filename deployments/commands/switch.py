"""`lifecycle stop` and `lifecycle start`: the kill switch, from a shell (ADR-17)."""

import getpass
from zoneinfo import ZoneInfo

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from prefect.exceptions import ObjectNotFound
from rich.console import Console

from blocks.common.errors import VendorError
from blocks.policy.block import Policy
from blocks.policy.sections import in_sections
from rules.common.going_live import Mode
from tasks.core.connections import BLOCK_NAME
from tasks.health.policy_versions import mode_before_stop, record_policy_version

out = Console(highlight=False, soft_wrap=True)
MEANING = {
    Mode.LIVE: "Live: every run does its work.",
    Mode.SHADOW: "Shadow mode: runs only preview, except for the live accounts of the policy.",
    Mode.STOPPED: (
        "Stopped: no run does anything. Running ones stop before their next change, within a second or two. Messages "
        "of Salesforce and Slack are still taken, and nothing is lost: their runs end as Stopped."
    ),
}
RETRY = "Runs that were stopped begin again with: lifecycle retry --class stopped"


async def stop(reason: str) -> int:
    """Stop everything, and print what that means; returns 1 if the policy cannot be changed.

    Args:
        reason: that every stopped run shows.
    """
    return await _switch(Mode.STOPPED, reason)


async def start(mode: str) -> int:
    """End the stop, and print what to do now; returns 1 if it cannot.

    Args:
        mode: to go to, live or shadow; "" for the mode that there was before.
    """
    wanted = mode or await mode_before_stop()
    if wanted not in (Mode.LIVE, Mode.SHADOW):
        out.print("Which mode there was before is not recorded: say --mode live or --mode shadow.")
        return 1
    ended = await _switch(Mode(wanted), "")
    if not ended:
        out.print(RETRY)
    return ended


async def _switch(mode: Mode, reason: str) -> int:
    """Change mode and reason in the stored policy alone, and record who did."""
    async with get_client() as client:
        try:
            document = await client.read_block_document_by_name(BLOCK_NAME, Policy.get_block_type_slug())
            data = in_sections(document.data)
            data["going_live"] = dict(data.get("going_live", {})) | {"mode": mode.value, "mode_reason": reason}
            policy = Policy.model_validate(data)
            zone = ZoneInfo(policy.time_zone)
            await record_policy_version.fn(zone)  # what others changed before has its own version
            assert document.id is not None
            await client.update_block_document(document.id, BlockDocumentUpdate(data=data, merge_existing_data=False))
        except ObjectNotFound:
            out.print("The policy is missing: run `lifecycle bootstrap`.")
            return 1
        except (VendorError, ValueError) as error:
            out.print(f"The policy cannot be changed: {error}")
            return 1
    out.print(MEANING[mode])
    await record_policy_version.fn(zone, by=f"{getpass.getuser()} (lifecycle)")
    return 0
