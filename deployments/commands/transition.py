"""The team lead's workbook from a shell: write an empty one, and check a filled-in one."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import cycle
from pathlib import Path

from rich.console import Console

from blocks.common.errors import VendorError
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from deployments.commands.transition_view import checked_copy, show_moves, states
from rules.common.spreadsheet import UnreadableWorkbook
from rules.common.text import safe_file_name
from rules.transition.match import MatchedAccount, match
from rules.transition.rows import ACCOUNT, HEADER_ROW, NEW_CSM, REASON
from tasks.core.connections import connection
from tasks.core.errors import BadInput
from tasks.core.policy import load_policy
from tasks.salesforce.transition import read_book, read_meant
from tasks.transition.template import annotated, template
from tasks.transition.workbook import read_sheet
from tasks.workbooks.reader import LARGEST_FILE
from tasks.workbooks.sources import allowed_folder, read_regular

out = Console(highlight=False)


async def write_book(target: Path, csm: str, new_csms: Sequence[str], reason: str) -> int:
    """Write a workbook with the accounts of a CSM, distributed among the new CSMs in turns.

    Args:
        target: the file to write.
        csm: the present CSM: name, e-mail address or id.
        new_csms: the new CSMs; without any, the column stays empty.
        reason: the reason of the move; "" leaves the column empty.
    """
    try:
        org, policy = await connection(SalesforceOrg), await connection(Policy)
        held = await asyncio.to_thread(lambda: read_book(org.client(), policy.field_map, csm))
    except VendorError as problem:
        return _say(str(problem))
    if not held:
        return _say(f"Salesforce has no active accounts of {csm}. Check the name.")
    return write_template(target, shared_out(held, new_csms, reason))


def shared_out(held: Sequence[MatchedAccount], new_csms: Sequence[str], reason: str) -> list[dict[str, str]]:
    """One row for each account, with the new CSMs in turns. Accounts that share a name are named by their ids."""
    counts = Counter(account.name for account in held)
    return [
        {ACCOUNT: account.name if counts[account.name] == 1 else account.id, NEW_CSM: new_csm, REASON: reason}
        for account, new_csm in zip(held, cycle(new_csms or ("",)), strict=False)
    ]


def write_template(target: Path, rows: Sequence[Mapping[str, str]] = ()) -> int:
    """Write a workbook to fill in; returns 1 if the file exists or cannot be written."""
    try:
        with target.open("xb") as file:
            file.write(template(rows))
    except FileExistsError:
        return _say(f"{target} exists already. Choose another name, or delete the file.")
    except OSError as error:
        return _say(f"{target} cannot be written: {error.strerror}.")
    filled = f"{len(rows)} accounts. Check every row" if rows else "Fill in a row for each account"
    out.print(f"Written: {target}. {filled}.", markup=False, soft_wrap=True)
    return 0


async def plan_transition(workbook: Path) -> int:
    """Print the moves of a workbook, and write a copy with the state of each row; returns 1 if a row has a fault."""
    try:
        today = (await load_policy()).today
        sheet = await asyncio.to_thread(lambda: read_sheet(read_regular(workbook, LARGEST_FILE + 1), today))
        org, policy = await connection(SalesforceOrg), await connection(Policy)
        records = await asyncio.to_thread(lambda: read_meant(org.client(), policy.field_map, sheet.rows))
    except (UnreadableWorkbook, VendorError, BadInput) as problem:
        return _say(str(problem))
    moves, unmatched = match(sheet.rows, *records)
    faults = sorted([*sheet.faults, *unmatched], key=lambda fault: fault.row)
    show_moves(moves, faults, out, sheet.remarks)
    if any(fault.row == HEADER_ROW for fault in faults):
        return 1
    copy = checked_copy(workbook)
    copy.write_bytes(annotated(sheet, states(moves, faults)))
    out.print(f"The state of each row is in {copy}.", markup=False, soft_wrap=True)
    return 1 if faults else 0


def copy_for_worker(workbook: Path) -> Path | None:
    """Copy the workbook to the worker's folder of workbooks, if it is not there yet; None if that fails."""
    folder = allowed_folder()
    if workbook.resolve().is_relative_to(folder):
        return workbook.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        content = read_regular(workbook, LARGEST_FILE + 1)
        target = folder / safe_file_name(f"{sha256(content).hexdigest()[:12]} {workbook.name}")
        target.write_bytes(content)
    except (OSError, BadInput) as problem:
        _say(f"The workbook cannot be copied to {folder}: {problem}")
        return None
    return target


def _say(problem: str) -> int:
    out.print(problem, markup=False, soft_wrap=True)
    return 1
