"""The command line beside a running stack."""

import os
import subprocess
import sys

import httpx

from tests.support.stack import StackProcess


def lifecycle(stack: StackProcess, *command: str, **environment: str) -> tuple[int, str]:
    """Run a command beside the stack; its exit code and its words."""
    done = subprocess.run(
        [sys.executable, "-m", "deployments.cli", *command],
        cwd=stack.project,
        env=beside(stack) | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def beside(stack: StackProcess) -> dict[str, str]:
    """The environment of a command beside the stack."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    ports = {
        f"{name}_PORT": str(httpx.URL(stack.urls[key]).port)
        for name, key in (("PREFECT", "prefect"), ("SANDBOX", "sandbox"), ("RECEIVER", "receiver"))
    }
    return settings | ports | {"LIFECYCLE_HOME": str(stack.home), "COLUMNS": "400"}
