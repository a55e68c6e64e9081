"""`lifecycle check` finds whatever keeps a run from starting, and says what to do."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import WorkPool, WorkQueue
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse

from deployments.provisioning.bootstrap import automations
from deployments.stack.settings import StackSettings
from tasks.core.locks import LIMITS
from tasks.health.prefect_checks import (
    automation_check,
    deployment_check,
    limits_check,
    pool_check,
    worker_check,
)

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
NIGHTLY = {"work_pool": {"name": "lifecycle"}, "schedules": [{"slug": "every-night"}]}
ANY = {"work_pool": {"name": "lifecycle"}}


def pool(**more):
    return WorkPool(name="lifecycle", type="process", **more)


def queue(**more):
    return WorkQueue(name="default", work_pool_id=uuid4(), **more)


def deployment(*, slugs=("every-night",), active=True, **more):
    schedules = [SimpleNamespace(slug=slug, active=active) for slug in slugs]
    return SimpleNamespace(**{"work_pool_name": "lifecycle", "paused": False, "schedules": schedules, **more})


def limit(name, **more):
    return GlobalConcurrencyLimitResponse(
        id=uuid4(), created=NOW, updated=NOW, name=name, **{"limit": 1, "active": True, "active_slots": 0, **more}
    )


def limits(**first):
    found = {name: limit(name) for name in LIMITS}
    name = next(iter(LIMITS))
    return found | {name: limit(name, **first) if first else None}


def test_what_is_in_order_is_ok():
    assert pool_check(pool(), [queue()]).ok
    assert worker_check([queue(last_polled=NOW - timedelta(seconds=59))], NOW).ok
    assert limits_check({name: limit(name) for name in LIMITS}).ok
    assert deployment_check("a/b", NIGHTLY, deployment()).ok
    assert deployment_check("a/b", ANY, deployment(slugs=())).ok
    assert automation_check("silent", [SimpleNamespace(enabled=True)]).ok


@pytest.mark.parametrize(
    ("check", "says", "to_do"),
    [
        (pool_check(pool(is_paused=True), [queue()]), "Paused, so no run starts", "Work Pools → lifecycle"),
        (pool_check(pool(), [queue(is_paused=True)]), "Paused queues", "Work Pools → lifecycle"),
        (pool_check(pool(concurrency_limit=0), [queue()]), "limit is 0", "lifecycle bootstrap"),
        (worker_check([], NOW), "never", "python -m deployments.worker"),
        (worker_check([queue()], NOW), "never", "python -m deployments.worker"),
        (
            worker_check([queue(last_polled=NOW - timedelta(seconds=61)), queue()], NOW),
            "2026-11-02 08:58:59 UTC",
            "python -m deployments.worker",
        ),
        (limits_check(limits()), f"Missing: {next(iter(LIMITS))}", "lifecycle bootstrap"),
        (limits_check(limits(active=False)), f"Off: {next(iter(LIMITS))}", "under Concurrency"),
        (limits_check(limits(limit=2)), f"Not 1: {next(iter(LIMITS))}", "lifecycle bootstrap"),
        (deployment_check("a/b", ANY, None), "Not deployed", "lifecycle bootstrap"),
        (deployment_check("a/b", ANY, deployment(paused=True)), "Paused", "on the page of the deployment"),
        (deployment_check("a/b", ANY, deployment(work_pool_name="other")), "pool is other", "lifecycle bootstrap"),
        (deployment_check("a/b", NIGHTLY, deployment(slugs=())), "no schedule every-night", "lifecycle bootstrap"),
        (deployment_check("a/b", NIGHTLY, deployment(active=False)), "Schedule off: every-night", "the dashboard"),
        (automation_check("silent", []), "stays Running", "lifecycle bootstrap"),
        (automation_check("silent", [SimpleNamespace(enabled=False)]), "Off", "under Automations"),
    ],
)
def test_what_keeps_runs_from_starting_is_missing_and_says_what_to_do(check, says, to_do):
    assert not check.ok
    assert says in check.message
    assert to_do in check.message


@pytest.mark.parametrize("database", ["", "postgresql+asyncpg://prefect@db/prefect"])
def test_no_automation_marks_a_run_that_was_retried(database):
    """A Retry is an event of the run: each automation waits for any event, and counts from what a process says."""
    for automation in automations(StackSettings(LIFECYCLE_DATABASE_URL=database)):
        assert automation.trigger.expect == {"prefect.flow-run.*"}
        assert automation.trigger.after <= {
            "prefect.flow-run.heartbeat",
            "prefect.flow-run.Pending",
            "prefect.flow-run.Submitting",
            "prefect.flow-run.Running",
        }
        assert automation.actions[0].force is False


def test_on_postgres_a_run_that_dies_before_its_first_heartbeat_is_noticed():
    silent, _ = automations(StackSettings(LIFECYCLE_DATABASE_URL="postgresql+asyncpg://prefect@db/prefect"))
    assert {"prefect.flow-run.Running", "prefect.flow-run.heartbeat"} == silent.trigger.after
