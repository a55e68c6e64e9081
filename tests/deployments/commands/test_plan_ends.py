"""`lifecycle plan end-of-contract` in a terminal: what ends on each of the coming days, or why that cannot be told."""

import asyncio
from datetime import date
from io import StringIO

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from rich.console import Console

from deployments.commands.plan import preview_ends
from deployments.commands.plan_view import BAR, show_ends
from flows.deactivation import end_of_contract
from tests.support.asking import Worker
from tests.support.clients import make_client

# --- what is shown


def day(last_day, ends, mrr, unsettled, *who):
    """A row of the artifact, as the look ahead writes it; `who` ends, and who is not settled."""
    ending, unsure = (*who, "-", "-")[:2]
    numbers = {"Last day": last_day, "Ends": ends, "MRR": mrr, "Not settled": unsettled}
    return numbers | {"Who ends": ending, "Who is not settled": unsure}


def shown(*rows, width=140):
    """The cells printed, line by line, without frames."""
    text = StringIO()
    show_ends(rows, Console(file=text, width=width))
    lines = [line.strip("\u2502 \n") for line in text.getvalue().splitlines() if "\u2502" in line]
    return [[cell.strip() for cell in line.split("\u2502")] for line in lines]


def test_each_day_has_its_figures_a_bar_and_the_names():
    lines = shown(
        day("2027-03-31", 3, "4,500.50", 1, "Ash, Birch, Cedar", "Doubtful Clinic"),
        day("2027-04-02", 0, "0.00", 1, "-", "Elm Labs"),
        day("2027-05-31", 8, "10,000.00", 0, "A, B, C, D, E and 3 more"),
    )
    assert [
        "2027-03-31", "3", "4,500.50", "1", "\u2588" * 5 + "\u2591",
        "Ash, Birch, Cedar; not settled: Doubtful Clinic",
    ] in lines  # fmt: skip
    assert ["2027-04-02", "0", "0.00", "1", "\u2591", "not settled: Elm Labs"] in lines
    assert ["2027-05-31", "8", "10,000.00", "0", "\u2588" * BAR, "A, B, C, D, E and 3 more"] in lines
    assert lines[-1][:4] == ["Total", "11", "14,500.50", "2"]


def test_a_single_service_is_seen_beside_a_day_with_thousands():
    lines = shown(day("2027-03-31", 1, "1.00", 1, "A", "B"), day("2027-04-01", 5000, "1.00", 0, "C"))
    assert lines[-3][4] == "\u2588\u2591"


def test_names_stand_as_they_are_whatever_markdown_or_the_terminal_make_of_them():
    # The artifact escapes them for markdown, the terminal has a markup of its own.
    lines = shown(day("2027-03-31", 1, "1.00", 0, r"\[red\]A\_B &amp; \*C\*\\D"))
    assert lines[-2][5] == r"[red]A_B & *C*\D"


def test_a_narrow_terminal_shows_days_and_bars_whole():
    lines = shown(day("2027-03-31", 12, "123,456.00", 0, "Harbor Pediatrics of the Valley, Ash"), width=80)
    assert ["2027-03-31", "12", "123,456.00", "0", "\u2588" * BAR] in [cells[:5] for cells in lines]


# --- when it cannot be told


@pytest.mark.parametrize(
    ("on", "told"),
    [
        ("2027-02-29", "--on '2027-02-29' is not a date: write it like 2027-03-31."),
        ("[/bold]", "--on '[/bold]' is not a date: write it like 2027-03-31."),
        ("1699-12-31", "--on 1699-12-31 is beyond Salesforce's dates: years 1700 to 4000."),
        ("4000-12-31", "--on 4000-12-31 is beyond Salesforce's dates: years 1700 to 4000."),
        ("9999-12-31", "--on 9999-12-31 is beyond Salesforce's dates: years 1700 to 4000."),
    ],
)
async def test_a_day_that_cannot_be_looked_at_is_told_in_a_line(on, told, capsys):
    assert await preview_ends(on) == 1
    assert capsys.readouterr().out == told + "\n"


# --- the whole command, with a worker that takes its run


async def looked_ahead(on):
    """What the command returns; until it does, its run is taken as soon as it is due."""
    worker = Worker(end_of_contract, "end-of-contract")
    mine = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[await worker.deploy()]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
    )
    command = asyncio.create_task(preview_ends(on))
    async with get_client() as client:
        while not command.done():
            for run in await client.read_flow_runs(flow_run_filter=mine):
                await worker.work(run.id)
    return await command


@pytest.mark.flows
async def test_the_command_shows_what_ends_from_a_day_on_and_writes_nothing(people, sandbox, capsys):
    client = make_client(people, date(2041, 4, 2))
    people.edit("Account", client.account, MRR__c=1250.5)
    since = sandbox.last()
    assert await looked_ahead("2041-03-31") == 0
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if "2041-04-02" in line]
    assert "1,250.50" in line
    assert client.name in line
    assert "Previewed: From 2041-03-31 to 2041-06-29: 1 service to end, 0 not settled." in printed
    assert "/v2/artifacts/artifact/" in printed
    assert sandbox.effects(since=since) == []


@pytest.mark.flows
@pytest.mark.usefixtures("people")
async def test_the_command_says_when_nothing_ends(capsys):
    assert await looked_ahead("2051-03-31") == 0
    assert "No service ends in these 90 days." in capsys.readouterr().out


@pytest.mark.flows
async def test_a_look_ahead_that_broke_off_is_told_in_a_line_and_fails(sandbox, capsys):
    sandbox.fault("salesforce", "error", path=".*", status=503, times=20)
    assert await looked_ahead("2041-03-31") == 1
    printed = capsys.readouterr().out
    assert printed.startswith("Unavailable: Salesforce")
    assert printed.count("\n") == 1
