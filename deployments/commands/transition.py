"""The team lead's workbook from a shell: an empty one to fill in, and a look at what a filled-in one would move."""

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


async def write_book(target: Path, csm: str, takers: Sequence[str], reason: str) -> int:
    """Write a workbook with the accounts that a CSM holds, shared out among those who take them in turns.

    Args:
        target: the file to be written.
        csm: who gives the accounts away: name, e-mail address or id.
        takers: who take them; none leaves that column to be filled in.
        reason: why; "" leaves it to be filled in.
    """
    try:
        org, policy = await connection(SalesforceOrg), await connection(Policy)
        held = await asyncio.to_thread(lambda: read_book(org.client(), policy.field_map, csm))
    except VendorError as problem:
        return _say(str(problem))
    if not held:
        return _say(f"Salesforce has no accounts of {csm} that are served. Look at the name.")
    return write_template(target, shared_out(held, takers, reason))


def shared_out(held: Sequence[MatchedAccount], takers: Sequence[str], reason: str) -> list[dict[str, str]]:
    """The rows by which accounts go to those who take them in turns; an account whose name is not its own by its id."""
    counts = Counter(one.name for one in held)
    return [
        {ACCOUNT: one.name if counts[one.name] == 1 else one.id, NEW_CSM: taker, REASON: reason}
        for one, taker in zip(held, cycle(takers or ("",)), strict=False)
    ]


def write_template(target: Path, rows: Sequence[Mapping[str, str]] = ()) -> int:
    """Write a workbook to fill in; a file that is there already stays as it is."""
    try:
        with target.open("xb") as file:
            file.write(template(rows))
    except FileExistsError:
        return _say(f"{target} is there already. Give another name, or delete it.")
    except OSError as error:
        return _say(f"{target} cannot be written: {error.strerror}.")
    filled = f"{len(rows)} accounts. Look at every row" if rows else "Fill in a row for each account"
    out.print(f"Written: {target}. {filled}.", markup=False, soft_wrap=True)
    return 0


async def plan_transition(workbook: Path) -> int:
    """Print what the workbook would move, and write a copy with the state of each row; 1 when a row is at fault."""
    try:
        house = await load_policy()
        sheet = await asyncio.to_thread(lambda: read_sheet(read_regular(workbook, LARGEST_FILE + 1), house.today))
        org, policy = await connection(SalesforceOrg), await connection(Policy)
        meant = await asyncio.to_thread(lambda: read_meant(org.client(), policy.field_map, sheet.rows))
    except (UnreadableWorkbook, VendorError, BadInput) as problem:
        return _say(str(problem))
    moves, unmatched = match(sheet.rows, *meant)
    faults = sorted([*sheet.faults, *unmatched], key=lambda fault: fault.row)
    show_moves(moves, faults, out, sheet.remarks)
    if any(fault.row == HEADER_ROW for fault in faults):
        return 1
    copy = checked_copy(workbook)
    copy.write_bytes(annotated(sheet, states(moves, faults)))
    out.print(f"What is said of each row stands in {copy}.", markup=False, soft_wrap=True)
    return 1 if faults else 0


def copy_for_worker(workbook: Path) -> Path | None:
    """A copy of the workbook where the worker reads workbooks; the workbook itself when it lies there already."""
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
