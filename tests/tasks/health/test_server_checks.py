"""`lifecycle check` finds over Prefect's API alone what several servers do not share."""

import asyncio
from datetime import timedelta

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule

from tasks.health.clocks import utc_now
from tasks.health.server_checks import (
    SERVERS,
    Server,
    clock_check,
    lease_check,
    server_checks,
    shared_state_check,
    version_check,
)
from tasks.health.services_checks import services_check, without_runs_ahead
from tests.support.balancer import balanced
from tests.support.ports import free_ports
from tests.support.prefect_server import PrefectServer

LEASES = "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"
IN_FILES = "prefect.server.concurrency.lease_storage.filesystem"
SCHEDULER = "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED"
ALONE = (
    LEASES,
    "PREFECT_SERVER_EVENTS_MESSAGING_BROKER",
    "PREFECT_SERVER_EVENTS_MESSAGING_CACHE",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING",
    "PREFECT_SERVER_DOCKET_URL",
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two servers on one database."""
    home = tmp_path_factory.mktemp("pair")
    servers = [PrefectServer(home, port) for port in free_ports(2)]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


async def checks(url):
    async with PrefectClient(url) as client:
        return {check.name: check for check in await server_checks(client)}


async def over_balancer(pair):
    async with balanced([server.port for server in pair]) as port:
        return await checks(f"http://127.0.0.1:{port}/api")


def judged(check):
    return "fine" if check.ok else "warning" if check.only_warns else "error"


@pytest.mark.flows
@pytest.mark.xdist_group("several servers")
async def test_one_server_may_keep_everything_in_its_memory(pair):
    found = await checks(pair[0].url)
    assert {name: judged(check) for name, check in found.items()} == dict.fromkeys(
        ("leases", "shared state", "server versions", "server clocks"), "fine"
    )


@pytest.mark.flows
@pytest.mark.xdist_group("several servers")
async def test_servers_behind_a_balancer_that_do_not_know_each_others_leases_are_an_error(pair):
    found = await over_balancer(pair)
    assert judged(found["leases"]) == judged(found["shared state"]) == "error"
    assert f"Set {LEASES}=prefect_redis.lease_storage" in found["leases"].message
    for variable in ALONE:
        assert f"{variable}=" in found["shared state"].message


@pytest.mark.flows
@pytest.mark.xdist_group("several servers")
async def test_servers_with_addresses_of_their_own_are_named_in_a_variable(pair, monkeypatch):
    monkeypatch.setenv(SERVERS, f" {pair[1].url}/, ")
    assert judged((await checks(pair[0].url))["leases"]) == "error"


@pytest.mark.flows
@pytest.mark.xdist_group("several servers")
async def test_a_server_with_another_time_is_a_warning(pair):
    async with PrefectClient(pair[0].url) as client:
        found = {check.name: check for check in await server_checks(client, lambda: utc_now() + timedelta(seconds=60))}
    assert judged(found["server clocks"]) == "warning"
    assert "behind that of this machine" in found["server clocks"].message


@pytest.mark.flows
@pytest.mark.xdist_group("several servers")
async def test_servers_that_share_leases_and_run_services_are_fine_but_for_the_rest(pair):
    later = utc_now() + timedelta(minutes=4)
    async with PrefectClient(pair[0].url) as client:
        flow = await client.create_flow_from_name("waiting")
        every_five_minutes = DeploymentScheduleCreate(schedule=CronSchedule(cron="*/5 * * * *"))
        await client.create_deployment(flow, "reminders", schedules=[every_five_minutes])
        assert await without_runs_ahead(client, utc_now()) == []  # it may be too new
        assert await without_runs_ahead(client, later) == ["reminders"]

        pair[0].restart(**{LEASES: IN_FILES, SCHEDULER: "true"})
        pair[1].restart(**{LEASES: IN_FILES})

        found = await over_balancer(pair)
        assert judged(found["leases"]) == "fine"
        assert judged(found["shared state"]) == "warning"
        assert LEASES not in found["shared state"].message
        deadline = utc_now() + timedelta(minutes=3)
        while await without_runs_ahead(client, later):
            assert utc_now() < deadline
            await asyncio.sleep(0.5)


def test_schedules_without_runs_are_an_error_that_says_what_to_start():
    assert services_check([]).ok
    check = services_check(["reminders", "digest"])
    assert judged(check) == "error"
    assert "no runs ahead of reminders, digest" in check.message
    assert "prefect server services start" in check.message


def server(**more):
    return Server(**{"url": "u", "version": "3.9.1", "alone": ALONE, "ahead": 0.0, "knows_lease": True, **more})


def test_some_of_it_in_redis_is_a_warning_for_one_address_and_an_error_for_two():
    partly = server(alone=ALONE[1:])
    assert judged(shared_state_check([partly, partly])) == "warning"
    assert judged(shared_state_check([partly, server(url="v", alone=ALONE[1:])])) == "error"
    assert judged(shared_state_check([partly, server()])) == "error"
    assert judged(shared_state_check([server(alone=()), server(url="v", alone=())])) == "fine"
    assert judged(shared_state_check([server(), server()])) == "fine"


def test_servers_of_two_versions_or_with_a_wrong_clock_are_a_warning():
    assert judged(version_check([server(), server(version="3.9.2")])) == "warning"
    check = clock_check([server(), server(url="http://b/api", ahead=-3.0)])
    assert judged(check) == "warning"
    assert "http://b/api is at least 3 s behind" in check.message
    assert judged(clock_check([server(ahead=1.9)])) == "fine"
    assert judged(lease_check([server()])) == "fine"
