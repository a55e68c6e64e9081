"""The commands that show something and change nothing: `lifecycle plan`, `simulate` and `template`."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from deployments.cli_settings import command_settings
from rules.common.ids import record_id_in

plan_app = App(name="plan", help="Preview a procedure. Nothing is written.")
simulate_app = App(name="simulate", help="Apply a rule to past data. Nothing is written.")
template_app = App(name="template", help="Write an empty workbook to fill in.")


@plan_app.command(name="onboarding")
def plan_onboarding(opportunity: str) -> int:
    """Preview the onboarding of an opportunity, also before it is won: every problem, every change, the CSM and why.

    Args:
        opportunity: the Salesforce id, or the address of its page.
    """
    opportunity_id = record_id_in(opportunity, "006")
    command_settings()
    from deployments.commands.plan import preview

    return asyncio.run(preview("onboarding/onboarding", {"opportunity_id": opportunity_id}))


@simulate_app.command(name="assignments")
def simulate_assignments(
    *, first: Annotated[str, Parameter(name="--from")], last: Annotated[str, Parameter(name="--to")]
) -> int:
    """Replay the new business of a period through the CSM assignment rule and compare it with the real assignments.

    Args:
        first: the first day of the period, for example 2026-01-01.
        last: the last day of the period.
    """
    command_settings()
    from deployments.commands.simulate import simulate

    return asyncio.run(simulate(first, last))


@plan_app.command(name="csm-assignment")
def plan_csm_assignment(account: str, *, reassign: bool = False) -> int:
    """Preview the CSM assignment of an account: its CSM, the ranking, and every change.

    Args:
        account: the Salesforce id, or the address of its page.
        reassign: choose a CSM even if the account has an active one.
    """
    account_id = record_id_in(account, "001")
    command_settings()
    from deployments.commands.plan import preview

    parameters = {"account_id": account_id, "reassign": reassign}
    return asyncio.run(preview("csm-assignment/csm-assignment", parameters))


@plan_app.command(name="publications")
def plan_publications(account: str = "", *, contract: str = "") -> int:
    """Preview the publications of a client: what its contracts would set up, rename, update or end.

    Args:
        account: the Salesforce id, or the address of its page.
        contract: instead of the account, one of its contracts: the id, or the address of its page.
    """
    named = {"contract_id": record_id_in(contract, "800")} if contract else {"account_id": record_id_in(account, "001")}
    command_settings()
    from deployments.commands.plan import preview

    return asyncio.run(preview("publications/publications", named))


@plan_app.command(name="undo")
def plan_undo(account: str = "", *, workbook_run: str = "") -> int:
    """Preview what goes back if the move of an account, or of all accounts of a workbook, is undone.

    Args:
        account: the Salesforce id, or the address of its page.
        workbook_run: the address of the run of a workbook; without an account, all its accounts.
    """
    named = {"account_id": record_id_in(account, "001")} if account or not workbook_run else {}
    command_settings()
    from deployments.commands.plan import preview

    return asyncio.run(preview("account-transition/undo", named | {"workbook_run": workbook_run}))


@plan_app.command(name="end-of-contract")
def plan_end_of_contract(*, on: str = "") -> int:
    """List the services that end on each of 90 days, as Salesforce has them now.

    Args:
        on: the first of the 90 days, for example 2027-03-31; today by default.
    """
    command_settings()
    from deployments.commands.plan import preview_ends

    return asyncio.run(preview_ends(on))


@plan_app.command(name="policy")
def plan_policy(*, file: Path, days: Annotated[int, Parameter(validator=Number(gte=1, lte=730))] = 90) -> int:
    """Preview a change of the policy: the settings that differ, and the assignments that they would have changed.

    Args:
        file: a YAML file with the settings to change, for example `weight_of_mrr: 0.3`; the others stay.
        days: how many days back the sales are replayed.
    """
    command_settings()
    from deployments.commands.plan_policy import preview_policy

    return asyncio.run(preview_policy(file, days))


@plan_app.command(name="account-transition")
def plan_account_transition(workbook: Path, *, analysed: bool = False) -> int:
    """Check a team lead's workbook: the move of each valid row and the fault of each other row.

    Args:
        workbook: a file, .xlsx or .csv. A copy with the state of each row is written beside it.
        analysed: also run a preview, on a worker: the state of each account, how its customer would be informed,
            the books before and after. The workbook is copied to the worker's folder of workbooks.
    """
    command_settings()
    from deployments.commands.transition import copy_for_worker, plan_transition

    code = asyncio.run(plan_transition(workbook))
    if not analysed:
        return code
    from deployments.commands.plan import preview

    copy = copy_for_worker(workbook)
    if copy is None:
        return 1
    return asyncio.run(preview("account-transition/account-transition", {"workbook": str(copy)})) or code


@template_app.command(name="transition")
def template_transition(
    target: Path = Path("account-transition.xlsx"), *, of: str = "", to: str = "", reason: str = ""
) -> int:
    """Write a workbook in which a team lead lists the accounts that move.

    Args:
        target: the file to write. It must not exist.
        of: a CSM. The workbook lists this CSM's accounts.
        to: the new CSMs, separated by commas. They get the accounts in turns.
        reason: the reason of the move.
    """
    command_settings()
    from deployments.commands.transition import write_book, write_template

    if not of:
        return write_template(target)
    new_csms = [name.strip() for name in to.split(",") if name.strip()]
    return asyncio.run(write_book(target, of, new_csms, reason))
