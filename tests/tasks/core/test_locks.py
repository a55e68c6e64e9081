"""A lock whose leases are in Redis, while Redis is away."""

import asyncio
import logging
import os
import shutil
import subprocess
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

from tasks.core.locks import lock
from tests.scale.redis import redis_command
from tests.support.ports import free_ports
from tests.support.prefect_server import PrefectServer

pytestmark = pytest.mark.flows

PATIENCE = 120


class Redis:
    """A Redis server that a test starts and stops."""

    def __init__(self, url, folder):
        self.command, self.process = redis_command(SecretStr(url), folder), None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Redis, which is not running yet, and a server that keeps leases in it."""
    if shutil.which("redis-server") is None:
        assert not os.environ.get("LIFECYCLE_REQUIRE_REDIS"), "redis-server is not installed"
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    folder, (port, redis_port) = tmp_path_factory.mktemp("locks"), free_ports(2)
    url = f"redis://127.0.0.1:{redis_port}/0"
    leases = {"PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage"}
    redis = Redis(url, folder / "redis")
    server = PrefectServer(folder / "prefect", port, PREFECT_REDIS_MESSAGING_URL=url, **leases).start()
    yield redis, server
    server.stop()
    redis.stop()


@pytest.fixture
def redis(parts):
    """Redis, which is not running; this process talks to the server that keeps leases in it."""
    parts[0].stop()
    with temporary_settings({PREFECT_API_URL: parts[1].url}):
        yield parts[0]


@pytest.fixture
async def limit(redis):  # noqa: ARG001 - it sets the server
    """A lock that no other test takes."""
    name = f"lock-{uuid4().hex}"
    async with get_client() as client:
        await client.upsert_global_concurrency_limit_by_name(name, 1)
    return name


async def slots_taken(limit):
    async with get_client() as client:
        return (await client.read_global_concurrency_limit_by_name(limit)).active_slots


@pytest.fixture
def refused():
    """Set once Prefect's server did not give a lock."""
    event, logger = asyncio.Event(), logging.getLogger("prefect.flow_runs")

    class Handler(logging.Handler):
        def emit(self, record):
            if "did not give the lock" in record.getMessage():
                event.set()

    logger.addHandler(handler := Handler())
    yield event
    logger.removeHandler(handler)


async def test_a_lock_that_was_asked_for_without_redis_is_given_once_redis_is_there(redis, limit, refused):
    @flow
    async def hold():
        async with lock(limit):
            return await slots_taken(limit)

    holding = asyncio.create_task(hold())
    await asyncio.wait_for(refused.wait(), PATIENCE)
    redis.start()
    assert await asyncio.wait_for(holding, PATIENCE) == 1
    assert await slots_taken(limit) == 0


async def test_a_lock_that_cannot_be_given_back_does_not_fail_the_run(redis, limit):
    @flow
    async def hold():
        async with lock(limit):
            redis.stop()
        return "done"

    redis.start()
    assert await asyncio.wait_for(hold(), PATIENCE) == "done"
    assert await slots_taken(limit) == 1  # until the lease ends
