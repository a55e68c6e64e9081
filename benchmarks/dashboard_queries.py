"""The queries that people and parts wait for: what each page of the dashboard, a claim and a worker's poll ask."""

import time
from typing import Any

import httpx

REPEATS = 7

Query = tuple[str, str, dict[str, Any]]
"""Method, path and body of a call to Prefect's API."""


def queries(run_id: str, opportunity_id: str, pool: str) -> dict[str, list[Query]]:
    """The calls of each page, by its name.

    Args:
        run_id: the run that is opened.
        opportunity_id: of the sale that is searched.
        pool: the name of the work pool.
    """
    of_run = {"flow_runs": {"id": {"any_": [run_id]}}}
    of_sale = {"flow_runs": {"tags": {"all_": ["onboarding", f"opportunity:{opportunity_id}"]}}}
    failed = {"flow_runs": {"state": {"type": {"any_": ["FAILED", "CRASHED"]}}}}
    log = {"logs": {"flow_run_id": {"any_": [run_id]}}, "sort": "TIMESTAMP_ASC", "limit": 200}
    newest = {"sort": "START_TIME_DESC", "limit": 25, "page": 1}
    return {
        "Runs: the newest 25": [("POST", "/flow_runs/paginate", newest)],
        "Runs: the failed ones": [("POST", "/flow_runs/paginate", newest | failed)],
        "Runs: those of one sale, by its tag": [("POST", "/flow_runs/filter", of_sale)],
        "Runs: with the tag onboarding": [
            ("POST", "/flow_runs/paginate", newest | {"flow_runs": {"tags": {"all_": ["onboarding"]}}})
        ],
        "A run with its steps and log": [
            ("GET", f"/flow_runs/{run_id}", {}),
            ("POST", "/task_runs/paginate", of_run | {"limit": 20, "page": 1}),
            ("POST", "/logs/filter", log),
            ("GET", f"/flow_runs/{run_id}/graph-v2", {}),
        ],
        "Artifacts: the newest 100": [("POST", "/artifacts/latest/filter", {"sort": "UPDATED_DESC", "limit": 100})],
        "Work pool, with its queue": [
            ("POST", "/work_pools/filter", {}),
            ("POST", f"/work_pools/{pool}/queues/filter", {}),
        ],
        "A worker's look for runs": [("POST", f"/work_pools/{pool}/get_scheduled_flow_runs", {})],
    }


def seconds_of(client: httpx.Client, calls: list[Query]) -> float:
    """The shortest of several times of all calls of a page, one after the other: other processes only add to it."""
    return min(_once(client, calls) for _ in range(REPEATS))


def _once(client: httpx.Client, calls: list[Query]) -> float:
    begun = time.perf_counter()
    for method, path, body in calls:
        client.request(method, path, json=body or None if method == "GET" else body).raise_for_status()
    return time.perf_counter() - begun
