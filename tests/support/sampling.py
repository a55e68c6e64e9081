"""A share of the slowest modules for `.ci/run`, another share with another commit; `make test` runs them all."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SHARE: Final = "TEST_SHARE"
"""The variable that names the share: of 4, every fourth slow module runs. Without it, all run."""
SLOW: Final = (
    "flows/test_reconciliation_faults.py",
    "browser/test_transition.py",
    "stack/test_guarded.py",
    "browser/test_guarded.py",
    "stack/test_restarted_server.py",
    "tasks/health/test_server_checks.py",
    "deployments/commands/test_new_key.py",
    "stack/test_observed.py",
    "deployments/worker/test_warm_runs.py",
    "tasks/reconciliation/test_missed.py",
    "browser/test_drift.py",
    "flows/test_world_without_drift.py",
    "quarter/test_missed_messages.py",
    "deployments/worker/test_new_code.py",
    "faults/test_no_welcome.py",
    "quarter/test_quarter.py",
    "tasks/reconciliation/test_nights.py",
    "faults/test_whole_workbook.py",
    "faults/test_killed_while_asking.py",
    "faults/test_every_call.py",
    "deployments/worker/test_push.py",
    "flows/test_demo_endings.py",
    "faults/test_moving.py",
    "faults/test_ending.py",
    "flows/test_secrets.py",
    "faults/test_aligning.py",
    "faults/test_any_faults.py",
    "stack/test_at_once.py",
)
"""Modules under `tests/`, the slowest first, so that the shares take about equally long."""


def chosen(share: int, commit: str, modules: Sequence[str] = SLOW) -> Iterator[str]:
    """The slow modules that run.

    Args:
        share: every how many-th module runs, from 1.
        commit: the hash of the commit, which decides where the counting begins.
        modules: to choose from.
    """
    first = int(commit[:8], 16) % share
    return (module for number, module in enumerate(modules) if number % share == first)


def left_out() -> set[Path]:
    """The modules that do not run in this session."""
    share = int(os.environ.get(SHARE, "1"))
    if share == 1:
        return set()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {ROOT / "tests" / module for module in {*SLOW} - {*chosen(share, commit)}}
