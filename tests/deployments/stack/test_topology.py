"""The variables of a deployment on several machines are settings that Prefect and its Redis integration read."""

from pathlib import Path

import pytest
from prefect.settings import get_current_settings
from prefect_redis.cleanup_queue import RedisWorkerCleanupQueueSettings
from prefect_redis.client import RedisMessagingSettings
from pydantic import SecretStr

from deployments.stack.topology import Topology

TOPOLOGY = Topology(
    api_url="http://balancer/api",
    database_url=SecretStr("postgresql+asyncpg://prefect:secret@database/prefect"),
    redis_url=SecretStr("redis://redis:6379/0"),
)
PARTS = {
    "server": TOPOLOGY.server_environment(),
    "worker": TOPOLOGY.client_environment(Path("/home")),
    "receiver": TOPOLOGY.receiver_environment(Path("/home")),
}


@pytest.mark.parametrize("part", PARTS)
def test_prefect_reads_every_variable(part, monkeypatch):
    for name, value in PARTS[part].items():
        monkeypatch.setenv(name, value)
    read = {name.upper() for name in type(get_current_settings())().to_environment_variables(exclude_unset=True)}
    in_redis = {"PREFECT_REDIS_MESSAGING_URL", "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL"}
    assert {name for name in PARTS[part] if name.startswith("PREFECT_")} - in_redis - read == set()


def test_the_integration_reads_the_address_of_redis(monkeypatch):
    for name, value in PARTS["server"].items():
        monkeypatch.setenv(name, value)
    assert RedisMessagingSettings().url == RedisWorkerCleanupQueueSettings().url == "redis://redis:6379/0"


def test_only_servers_know_database_and_redis():
    assert "secret" in str(PARTS["server"])
    assert "secret" not in str((PARTS["worker"], PARTS["receiver"]))
    assert "redis://" not in str((PARTS["worker"], PARTS["receiver"]))
