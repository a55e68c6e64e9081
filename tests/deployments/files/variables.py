"""Which environment variables the code reads, and whether their values are right."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec

import prefect.settings
import prefect_redis
from prefect.settings.base import PrefectBaseSettings
from prefect_redis import cleanup_queue, client

from tests.docs.ends_table import PROJECT
from webhooks.common.settings import Settings as ReceiverSettings

READ_WITHOUT_A_SETTING = {"PREFECT_SERVER_ENCRYPTION_KEY"}
"""What Prefect takes from the environment itself."""
OF_THE_IMAGE = {"HEALTH_URL", "PATH", "PYTHONUNBUFFERED"}
_REDIS: tuple[type[PrefectBaseSettings], ...] = (
    client.RedisMessagingSettings,
    cleanup_queue.RedisWorkerCleanupQueueSettings,
)
_FOLDERS = ("blocks", "deployments", "tasks", "webhooks")


def unknown(names: Iterable[str]) -> set[str]:
    """The variables that nothing reads."""
    return {name for name in names if not _is_read(name)}


def module_faults(variables: Mapping[str, str]) -> list[str]:
    """The values that should name a module of prefect-redis and do not."""
    values = [value for value in variables.values() if value.startswith(f"{prefect_redis.__name__}.")]
    return [value for value in values if find_spec(value) is None]


def _is_read(name: str) -> bool:
    if name.startswith("PREFECT_REDIS_"):
        return any(name.lower() in _variables_of(kind) for kind in _REDIS)
    if name.startswith("PREFECT_"):
        return name in READ_WITHOUT_A_SETTING or hasattr(prefect.settings, name)
    if name.startswith("RECEIVER_"):
        return name.removeprefix("RECEIVER_").lower() in ReceiverSettings.model_fields
    return name in OF_THE_IMAGE or name in _read_by_us()


def _variables_of(kind: type[PrefectBaseSettings]) -> set[str]:
    return {f"{kind.model_config['env_prefix']}{field}".lower() for field in kind.model_fields}


@cache
def _read_by_us() -> set[str]:
    files = [file for folder in _FOLDERS for file in (PROJECT / folder).rglob("*.py")]
    return {name for file in files for name in re.findall(r'"(LIFECYCLE_\w+)"', file.read_text(encoding="utf-8"))}
