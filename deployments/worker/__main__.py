"""Prefect's worker for our work pool. It starts runs at once, in warm processes, and respects Retry."""

import signal
import sys

from prefect.cli import app

from deployments.stack.private import create_private_files
from deployments.worker import push  # noqa: F401 - registers our worker
from deployments.worker.known_environment import remember_environment
from deployments.worker.retried_runs import respect_retries
from deployments.worker.warm import keep_fork_server
from tasks.health.declared import WORK_POOL


def main() -> None:
    """Run `prefect worker start` for our work pool in this process; further options are Prefect's own."""
    create_private_files()
    # Prefect ends a worker by SIGINT, which a shell without job control ignores in what it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    respect_retries()
    remember_environment()
    keep_fork_server()
    sys.argv = ["prefect", "worker", "start", "--pool", WORK_POOL, "--type", "process", *sys.argv[1:]]
    app()


if __name__ == "__main__":
    main()
