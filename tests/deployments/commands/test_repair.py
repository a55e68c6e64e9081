"""`lifecycle repair` and `lifecycle leave` in a terminal: what was started or left, or why nothing was (REC-2)."""

import asyncio

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType

from deployments.commands.repair import leave, repair
from deployments.stack.processes import NotReady
from flows.entitlement import update_entitlement
from flows.reconciliation_repair import leave as leave_flow
from flows.reconciliation_repair import repair as repair_flow
from tasks.reconciliation.kept import read_decisions, show_lines
from tests.support.asking import Worker
from tests.support.publications import TODAY, make_client
from tests.tasks.outreach_org import run
from tests.tasks.reconciliation.reported import users_differ

USERS = "users_equal_the_contracts"


async def carried_out(command, flow, name):
    """What the command returns; until it does, its run is taken as soon as it is due."""
    worker = Worker(flow, name)
    await worker.deploy()
    running = asyncio.create_task(command)
    async with get_client():
        while not running.done():
            for due in await worker.runs(StateType.SCHEDULED):
                await worker.work(due.id)
    return await running


def lines(capsys):
    """What was printed, without frames."""
    printed = capsys.readouterr().out.splitlines()
    return [" ".join(line.replace("\u2502", " ").split()) for line in printed]


@pytest.fixture
async def client(people):
    """A client in the latest report, and the deployment that repairs it."""
    made = make_client(people)
    await Worker(update_entitlement, "entitlement").deploy()
    await run(show_lines, users_differ(made), TODAY)
    return made


@pytest.mark.flows
async def test_rec_2_a_repair_prints_its_clients_and_what_started(client, capsys):
    assert await carried_out(repair(USERS, [], preview=False), repair_flow, "repair") == 0
    printed = lines(capsys)
    assert any(f"{client.name} User Count 30 40" in line for line in printed)
    assert printed[-1] == "Completed: 1 run started. The table of repairs links to each."
    (started,) = [
        one for one in await Worker(update_entitlement, "entitlement").runs() if client.account in str(one.parameters)
    ]
    assert started.parameters == {"account_id": client.account, "preview": False}


@pytest.mark.flows
async def test_rec_2_a_preview_starts_previews_of_the_named_accounts(client, capsys):
    command = repair(USERS, [client.account], preview=True)
    assert await carried_out(command, repair_flow, "repair") == 0
    assert lines(capsys)[-1] == "Previewed: 1 preview started. The table of repairs links to each."


@pytest.mark.flows
async def test_rec_2_a_repair_of_nothing_is_told_in_a_line_and_fails(client, capsys):
    assert client
    assert await carried_out(repair("all_is_well", [], preview=False), repair_flow, "repair") == 1
    (told,) = lines(capsys)
    assert told.startswith("Bad input: There is no sentence all_is_well. Choose one of: ")


@pytest.mark.flows
async def test_rec_2_a_decision_is_remembered_and_told(client, capsys):
    command = leave(USERS, [client.account], name="Dana", reason="agreed [with] them")
    assert await carried_out(command, leave_flow, "leave") == 0
    assert lines(capsys) == ["Completed: 1 offender left, until the value changes."]
    (mine,) = [one for one in await run(read_decisions) if client.account in one.identity]
    assert (mine.by, mine.reason, mine.found) == ("Dana", "agreed [with] them", "30")


@pytest.mark.flows
async def test_rec_2_a_decision_without_an_account_is_told_and_fails(client, capsys):
    assert client
    assert await carried_out(leave(USERS, [], name="Dana", reason="agreed"), leave_flow, "leave") == 1
    assert lines(capsys)[0].startswith("Bad input: No account is named: enter the ids")


@pytest.mark.flows
async def test_rec_2_an_unknown_sentence_is_refused_with_the_known_ones(prefect_api):  # noqa: ARG001 - it refuses
    # As `lifecycle bootstrap` deploys it: with the schema of its parameters.
    await (await repair_flow.ato_deployment("repair")).aapply()
    with pytest.raises(NotReady, match=f"not started.*no_such_sentence.*{USERS}"):
        await repair("no_such_sentence", [], preview=False)
