"""`lifecycle`: run, check and explore the house from a shell.

Prefect reads its settings from the environment when it is imported, so each command sets them first and imports the
module that needs Prefect afterwards.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import httpx
from cyclopts import App, Parameter

from deployments.stack.private import create_private_files
from deployments.stack.processes import NotReady
from deployments.stack.settings import StackSettings

app = App(name="lifecycle", help="Customer lifecycle automation on Prefect.", version_flags=[])
plan_app = App(name="plan", help="Show what a procedure would do; nothing is written.")
simulate_app = App(name="simulate", help="Show how a rule would have done in the past; nothing is written.")
template_app = App(name="template", help="Write an empty workbook to fill in.")
app.command(plan_app)
app.command(template_app)
app.command(simulate_app)


@app.command
def up(*, world: str = "demo", keep: bool = False) -> None:
    """Start sandbox, Prefect, worker and receiver; print one line of JSON when all is ready; stay up until Ctrl-C.

    Args:
        world: the sandbox's world: demo, empty or generated.
        keep: keep Prefect's runs of the last time (the sandbox itself forgets).
    """
    from deployments.stack.stack import progress, running_stack

    with running_stack(StackSettings(), world=world, keep=keep) as stack:
        sys.stdout.write(stack.line() + "\n")
        sys.stdout.flush()
        progress.print("Ready. Ctrl-C stops everything.")
        ended = stack.processes.watch()
        raise NotReady(f"{ended} ended: see {stack.settings.folder / 'logs' / f'{ended}.log'}")


@app.command
def demo() -> int:
    """Close a sale in the sandbox's Salesforce and follow its onboarding to the end; non-zero if it fell short."""
    from deployments.stack.stack import running_stack

    with running_stack(StackSettings()) as stack:
        from deployments.commands.demo import show_onboarding

        return asyncio.run(show_onboarding(stack))


@app.command
def bootstrap(*, sandbox: bool = False) -> None:
    """Bring Prefect to what the house needs: work pool, block types, policy, automations, deployments. Repeatable.

    Args:
        sandbox: also save the connections to this stack's sandbox.
    """
    settings = _settings()
    from deployments.provisioning.bootstrap import bootstrap as apply
    from deployments.provisioning.sandbox_blocks import sandbox_blocks
    from deployments.stack.credentials import credentials_of

    own = credentials_of(settings.folder)
    blocks = sandbox_blocks(settings.sandbox_url, own, settings.sandbox_smtp_port) if sandbox else ()
    asyncio.run(apply(settings, blocks))


@app.command
def check() -> int:
    """Prove every connection and right, and say what is missing; non-zero when something is."""
    settings = _settings()
    from deployments.provisioning.check import check_all

    return asyncio.run(check_all(settings))


@plan_app.command(name="onboarding")
def plan_onboarding(opportunity_id: str) -> int:
    """Run the onboarding of an opportunity as a preview and print what it would change."""
    _settings()
    from deployments.commands.plan import preview

    return asyncio.run(preview("onboarding/onboarding", {"opportunity_id": opportunity_id}))


@simulate_app.command(name="assignments")
def simulate_assignments(
    *, first: Annotated[str, Parameter(name="--from")], last: Annotated[str, Parameter(name="--to")]
) -> int:
    """Replay the new business won in a period through the choice of the CSM, against what happened.

    Args:
        first: first day of the period, like 2026-01-01.
        last: its last day.
    """
    _settings()
    from deployments.commands.simulate import simulate

    return asyncio.run(simulate(first, last))


@plan_app.command(name="csm-assignment")
def plan_csm_assignment(account_id: str, *, reassign: bool = False) -> int:
    """Run the assignment of an account as a preview: who would be its CSM, why, and what would change.

    Args:
        account_id: 15 or 18 characters.
        reassign: choose anew, even if the account has an active CSM.
    """
    _settings()
    from deployments.commands.plan import preview

    parameters = {"account_id": account_id, "reassign": reassign}
    return asyncio.run(preview("csm-assignment/csm-assignment", parameters))


@plan_app.command(name="end-of-contract")
def plan_end_of_contract(*, on: str = "") -> int:
    """Look ahead: which services end on each of 90 days, by what stands in Salesforce.

    Args:
        on: the day to look ahead from, like 2027-03-31; leave out for today.
    """
    _settings()
    from deployments.commands.plan import preview_ends

    return asyncio.run(preview_ends(on))


@plan_app.command(name="account-transition")
def plan_account_transition(workbook: Path, *, analysed: bool = False) -> int:
    """Look at a team lead's workbook: which account each row would move to whom, and what is wrong in the others.

    Args:
        workbook: .xlsx or .csv; a copy with the state of each row is written beside it.
        analysed: run a preview too: how each account stands, how its customer would be told, the books before and
            after. A worker makes it, from a copy in its folder of workbooks.
    """
    _settings()
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
    """Write the workbook in which a team lead lists the accounts that move.

    Args:
        target: the file to be written; it must not be there yet.
        of: a CSM, whose accounts are filled in.
        to: the CSMs who take them in turns, with commas between.
        reason: why they move.
    """
    _settings()
    from deployments.commands.transition import write_book, write_template

    if not of:
        return write_template(target)
    takers = [name.strip() for name in to.split(",") if name.strip()]
    return asyncio.run(write_book(target, of, takers, reason))


@app.command
def world(
    name: Annotated[str | None, Parameter(help="demo, empty or generated")] = None,
    *,
    seed: int = 7,
    accounts: int = 1000,
) -> int:
    """List the sandbox's opportunities and what each shows; with a name, begin that world anew.

    Args:
        name: the world to begin; leave out to list the present one.
        seed: of a generated world.
        accounts: of a generated world.
    """
    from deployments.stack.world import show_world

    return show_world(_settings(), name, seed=seed, accounts=accounts)


@app.command
def bench(*, ends: bool = False, moves: bool = False) -> int:
    """Measure: calls per onboarding, the flow against a bare script, webhook to first step, the sandbox's rate.

    Args:
        ends: instead, the sweep over 10,000 ending contracts among 200,000 accounts; takes many minutes.
        moves: instead, a workbook of 200 accounts that change hands, against a bare script; takes many minutes.
    """
    from benchmarks import run_bench

    return run_bench(StackSettings(), ends=ends, moves=moves)


def _settings() -> StackSettings:
    """The stack's settings, with Prefect's put into the environment; what the environment says already stands."""
    settings = StackSettings()
    for name, value in settings.prefect_environment().items():
        os.environ.setdefault(name, value)
    return settings


def _stop(*_: Any) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command; problems are told in a line, not in a traceback."""
    signal.signal(signal.SIGTERM, _stop)
    create_private_files()
    try:
        sys.exit(app())
    except NotReady as problem:
        sys.exit(f"lifecycle: {problem}")
    except (httpx.ConnectError, httpx.HTTPStatusError) as error:
        from deployments.provisioning.check import unreachable

        if isinstance(error, httpx.HTTPStatusError) and error.response.status_code != httpx.codes.UNAUTHORIZED:
            raise
        sys.exit(f"lifecycle: {unreachable(error)}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
