"""The environment of a deployment on several machines: Postgres, Redis, several API servers, shared results.

Every part needs Prefect's variables of a stack (`StackSettings.prefect_environment`) and the variables that the methods
here return. A deployment on one machine needs none of them.
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

RESULTS = "local-file-system/lifecycle-results"
"""The storage block of kept results: a folder that every worker reaches. Another kind of block may have that role."""

PATIENT = {"PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60", "PREFECT_SERVER_DATABASE_TIMEOUT": "60"}
"""Seconds. A background service whose first query fails ends without a word, and the others go on without it: then no
automation notices a run that has crashed. Prefect's defaults are 5 and 10."""


@dataclass(frozen=True)
class Topology:
    """What the parts of a deployment share.

    Attributes:
        api_url: the address of Prefect's API at the balancer of the API servers, with `/api`.
        database_url: `postgresql+asyncpg://…`.
        redis_url: `redis://…` or `rediss://…`.
        results: the storage block of kept results, `kind/name`.
    """

    api_url: str
    database_url: SecretStr
    redis_url: SecretStr
    results: str = RESULTS

    def server_environment(self) -> dict[str, str]:
        """The variables of API servers, of background services and of the migration job.

        Servers that neither migrate nor register Prefect's own kinds of blocks can start together. The job
        `prefect server database upgrade -y` migrates first; `lifecycle bootstrap` registers the kinds that are used.
        """
        redis = self.redis_url.get_secret_value()
        return {
            **self._common(),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": self.database_url.get_secret_value(),
            "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
            **PATIENT,
            "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
            "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
            "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
            "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
            "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_QUEUE_STORAGE": "prefect_redis.cleanup_queue",
            "PREFECT_REDIS_MESSAGING_URL": redis,
            "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL": redis,
            "PREFECT_SERVER_DOCKET_URL": redis,
        }

    def client_environment(self, home: Path) -> dict[str, str]:
        """The variables of a worker or a command.

        Args:
            home: the part's own folder for Prefect. Two workers never share one.
        """
        return {
            **self._common(),
            "PREFECT_HOME": str(home),
            "PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK": self.results,
        }

    def receiver_environment(self, home: Path) -> dict[str, str]:
        """The variables of a receiver: Postgres serves more calls at once than SQLite."""
        return {**self.client_environment(home), "RECEIVER_AT_ONCE": "8"}

    def _common(self) -> dict[str, str]:
        return {"PREFECT_API_URL": self.api_url}
