"""`lifecycle`: run, check and explore this project from a shell.

Prefect reads its settings from the environment when it is imported. Each command sets them first and then imports the
modules that need Prefect.
"""

import asyncio
import os
import signal
import sys
import warnings
from typing import Annotated, Any, Literal, NoReturn

import httpx
from cyclopts import App, Parameter
from cyclopts.validators import Number

from deployments.cli_contracts import contract_test_app
from deployments.cli_going_live import authorize_app, manifest_app
from deployments.cli_previews import plan_app, simulate_app, template_app
from deployments.cli_settings import command_settings
from deployments.stack.private import create_private_files
from deployments.stack.processes import NotReady
from deployments.stack.sandbox import become_sandbox
from deployments.stack.settings import StackSettings, running_settings
from rules.common.ids import NotAnId, record_id_in

app = App(name="lifecycle", help="Customer lifecycle automation on Prefect.", version_flags=[])
app.command(plan_app)
app.command(template_app)
app.command(simulate_app)
app.command(authorize_app)
app.command(manifest_app)
app.command(contract_test_app)


@app.command
def up(*, world: str = "demo", keep: bool = False, json: bool = False) -> None:
    """Start sandbox, Prefect, worker and receiver, print where to begin when all are ready, and run until Ctrl-C.

    Args:
        world: the sandbox's scenario: demo, empty, bare (an org without fields of ours) or generated.
        keep: keep Prefect's runs of the last start. The sandbox always starts anew.
        json: print one line of JSON with addresses and credentials instead, for scripts.
    """
    from deployments.stack.stack import progress, running_stack

    with running_stack(StackSettings(), world=world, keep=keep) as stack:
        sys.stdout.write((stack.line() if json else stack.welcome()) + "\n")
        sys.stdout.flush()
        try:
            ended = stack.processes.watch()
        except KeyboardInterrupt:
            progress.print("Stopping …")
            return
        raise NotReady(f"{ended} ended: see {stack.settings.folder / 'logs' / f'{ended}.log'}")


@app.command
def demo() -> int:
    """Close a sale in the sandbox's Salesforce and follow its onboarding; exit with 1 if anything is missing."""
    from deployments.stack.stack import running_stack

    with running_stack(StackSettings()) as stack:
        from deployments.commands.demo import show_onboarding

        return asyncio.run(show_onboarding(stack))


@app.command(name="open")
def open_start_page(*, only_print: Annotated[bool, Parameter(name="--print", negative="")] = False) -> int:
    """Open the start page in a browser: what waits, failed and ends soon, and links to every other page.

    Args:
        only_print: print its address, and open nothing.
    """
    command_settings()
    import webbrowser

    from tasks.home.start_page import start_page

    address = asyncio.run(start_page())
    sys.stdout.write(f"{address}\n")
    return 0 if only_print or webbrowser.open(address) else 1


@app.command
def bootstrap(*, sandbox: bool = False) -> None:
    """Create or update in Prefect: work pool, block types, policy, automations, deployments. Safe to repeat.

    Args:
        sandbox: save the connections to this stack's sandbox too.
    """
    settings = command_settings()
    from deployments.provisioning.bootstrap import bootstrap as apply
    from deployments.provisioning.sandbox_blocks import sandbox_blocks
    from deployments.stack.credentials import credentials_of

    own = credentials_of(settings.folder)
    blocks = sandbox_blocks(settings.sandbox_url, own, settings.sandbox_smtp_port) if sandbox else ()
    asyncio.run(apply(settings, blocks))
    sys.stdout.write("Prefect has its work pool, limits, block types, policy, automations and deployments.\n")


@app.command
def check(*, every: Annotated[bool, Parameter(name="--all", negative=())] = False) -> int:
    """Test every connection, right and setting; name what is wrong, the worst first. Exit with 1 if there is an error.

    Args:
        every: also show the details of what is fine.
    """
    settings = command_settings()
    os.environ.setdefault("LIFECYCLE_RECEIVER_URL", settings.receiver_url)
    from deployments.provisioning.check import check_all

    return asyncio.run(check_all(settings, every=every))


@app.command
def version() -> None:
    """Print the versions of this project, Python, Prefect, its server, the vendors' clients and the policy's form."""
    command_settings()
    from deployments.commands.version import versions

    sys.stdout.write(f"{asyncio.run(versions())}\n")


@app.command
def new_key() -> int:
    """Encrypt Prefect's blocks anew, while its server is stopped; the new key is LIFECYCLE_NEW_ENCRYPTION_KEY."""
    command_settings()
    from deployments.commands.new_key import KEY, NotEncryptedAnew, encrypt_anew

    try:
        blocks = asyncio.run(encrypt_anew())
    except NotEncryptedAnew as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{blocks} blocks are encrypted with the new key. Set it as {KEY}, and start the server.\n")
    return 0


@app.command
def metrics(
    *, host: str = "127.0.0.1", port: Annotated[int, Parameter(validator=Number(gte=1, lte=65535))] = 8720
) -> None:
    """Serve the metrics of runs, questions and calls to vendors for Prometheus, until Ctrl-C.

    Args:
        host: the address to listen at.
        port: the port to listen at.
    """
    command_settings()
    from prefect.settings import get_current_settings

    from deployments.metrics.exporter import serve
    from deployments.stack.call_counts import FILE

    serve(host, port, get_current_settings().home / FILE).join()


@app.command
def repair(sentence: str, *, account: list[str] | None = None, preview: bool = False) -> int:
    """Repair the offenders of a sentence in the latest report about drift, each by a run of its procedure.

    Args:
        sentence: its name in the table *drift-offenders*, for example recurly_ids_agree.
        account: a Salesforce id or address; may be given several times. Without it, every open offender is repaired.
        preview: start previews of the runs. Nothing is written.
    """
    command_settings()
    from deployments.commands.repair import repair as start

    accounts = [record_id_in(each, "001") for each in account or ()]
    return asyncio.run(start(sentence, accounts, preview=preview))


@app.command
def retry(
    *runs: str,
    failure_class: Annotated[str, Parameter(name="--class")] = "",
    vendor: str = "",
    since: str = "",
    preview: bool = False,
) -> int:
    """Retry failed runs: those that you name, or all of a class. Each is retried once; completed steps are skipped.

    Args:
        runs: ids or links of failed runs.
        failure_class: for example unavailable, refused or crashed; it is also the tag of the runs.
        vendor: only runs whose message blames this vendor, for example LMS.
        since: only runs that failed since then: 30m, 2h, 3d or 2027-03-31T14:00.
        preview: list the runs, and retry none.
    """
    command_settings()
    from deployments.commands.retry import retry as start

    return asyncio.run(start(runs, failure_class, vendor=vendor, since=since, preview=preview))


@app.command
def stop(*, reason: str) -> int:
    """Stop everything now: no run does anything, and running ones stop before their next change. Nothing is lost.

    Args:
        reason: every stopped run shows it.
    """
    command_settings()
    from deployments.commands.switch import stop as stop_all

    with warnings.catch_warnings(action="ignore"):  # Prefect warns of the record, a page that no run makes
        return asyncio.run(stop_all(reason))


@app.command
def start(*, mode: Literal["live", "shadow", ""] = "") -> int:
    """End a stop. Then `lifecycle retry --class stopped` begins the stopped runs again.

    Args:
        mode: live or shadow; without it, the mode that there was before the stop.
    """
    command_settings()
    from deployments.commands.switch import start as start_all

    with warnings.catch_warnings(action="ignore"):  # as above
        return asyncio.run(start_all(mode))


@app.command
def leave(sentence: str, *account: str, name: str, reason: str) -> int:
    """Leave offenders of a sentence as they are, until their values change.

    Args:
        sentence: its name in the table *drift-offenders*.
        account: Salesforce ids or addresses of accounts.
        name: your name, for the report.
        reason: why the value is right as it is.
    """
    command_settings()
    from deployments.commands.repair import leave as remember

    accounts = [record_id_in(each, "001") for each in account]
    return asyncio.run(remember(sentence, accounts, name=name, reason=reason))


@app.command
def world(
    name: Annotated[str | None, Parameter(help="demo, empty, bare or generated")] = None,
    *,
    seed: int = 7,
    accounts: int = 1000,
) -> int:
    """List the sandbox's opportunities and what each shows; with a name, load that scenario first.

    Args:
        name: the scenario to load; without it, the loaded scenario is listed.
        seed: the seed of a generated scenario.
        accounts: the number of accounts of a generated scenario.
    """
    from deployments.stack.world import show_world

    return show_world(StackSettings(), name, seed=seed, accounts=accounts)


@app.command
def sandbox(*, world: str = "demo") -> None:
    """Run the sandbox alone, to try an installation: with the connections that `lifecycle bootstrap --sandbox` saves.

    Its messages go to `LIFECYCLE_RECEIVER_URL`, with `RECEIVER_TOKEN`.

    Args:
        world: the scenario: demo, empty, bare or generated.
    """
    settings = running_settings()
    receiver = os.environ.get("LIFECYCLE_RECEIVER_URL") or settings.receiver_url
    become_sandbox(settings, receiver, os.environ.get("PREFECT_UI_URL") or settings.prefect_url, world)


@app.command
def bench(
    *,
    burst: Annotated[int, Parameter(validator=Number(gte=1, lte=800))] = 100,
    sandbox: bool = False,
    ends: bool = False,
    moves: bool = False,
    clients: int = 0,
    runs: int = 0,
) -> int:
    """Measure an onboarding against a bare script, and bursts of sales on SQLite and Postgres: times, CPU, memory.

    The report is compared with the last one in the stack's folder `bench`, and saved there as JSON and as a picture.

    Args:
        burst: the number of sales that are closed at once.
        sandbox: measure only the sandbox's rate and the choice among 200 CSMs of 50,000 accounts.
        ends: measure only the sweep over 10,000 ending contracts of 200,000 accounts. Takes many minutes.
        moves: measure only the transition of 200 accounts against a script. Takes many minutes.
        clients: measure only how so many clients, and a tenth of them, are read in all systems.
        runs: measure only what so many past runs cost in Postgres: bytes, time of queries, deletion.
    """
    from benchmarks import measure_retention, measure_topic, run_bench

    if runs:
        return measure_retention(StackSettings(), runs)
    topics = {"stand_ins": sandbox, "end_of_contract": ends, "transition": moves, "reconciliation": bool(clients)}
    topic = next((topic for topic, chosen in topics.items() if chosen), "")
    return measure_topic(StackSettings(), topic, clients) if topic else run_bench(StackSettings(), burst)


def _stop(*_: Any) -> None:
    raise KeyboardInterrupt


def _end(problem: str) -> NoReturn:
    """End the command with what is wrong, and where the runbook has more."""
    from tasks.core.runbook import COMMAND_CARD

    sys.exit(f"lifecycle: {problem}\n{COMMAND_CARD}")


def main() -> None:
    """Run the command. A known problem ends it with what to do instead of a traceback."""
    signal.signal(signal.SIGTERM, _stop)
    create_private_files()
    try:
        sys.exit(app())
    except (NotReady, NotAnId) as problem:
        _end(str(problem))
    except (httpx.ConnectError, httpx.HTTPStatusError) as error:
        from tasks.health.probes import unreachable

        if isinstance(error, httpx.HTTPStatusError) and error.response.status_code != httpx.codes.UNAUTHORIZED:
            raise
        _end(unreachable(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
