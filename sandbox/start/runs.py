"""The runs of opportunities, and pages by their keys, as Prefect's API tells of them."""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import httpx

_PATIENCE: Final = 2.0
_MOST: Final = 200
_TONES: Final = {"COMPLETED": "good", "PAUSED": "warn", "FAILED": "bad", "CRASHED": "bad"}
_TAG: Final = "opportunity:"


class Run(NamedTuple):
    """A run of Prefect, with the type and the name of its state."""

    id: str
    kind: str
    state: str

    @property
    def tone(self) -> str:
        """How its badge looks."""
        return _TONES.get(self.kind, "")

    @property
    def waits(self) -> bool:
        """Whether it waits for a person."""
        return self.kind == "PAUSED"


async def runs_of(dashboard_url: str | None, opportunities: Collection[str]) -> dict[str, Run]:
    """The newest run of each opportunity; of none where Prefect does not answer, or asks for a login."""
    if not dashboard_url or not opportunities:
        return {}
    which = {"tags": {"any_": [f"{_TAG}{one}" for one in opportunities]}}
    asked = {"flow_runs": which, "sort": "EXPECTED_START_TIME_ASC", "limit": _MOST}
    runs = await _answer(f"{dashboard_url}/api/flow_runs/filter", asked)
    return {opportunity: _run(one) for one in runs for opportunity in _opportunities(one)}


async def page_address(dashboard_url: str, key: str) -> str:
    """The newest version of an artifact in the dashboard; the list of all where there is none."""
    which = {"artifacts": {"key": {"any_": [key]}}, "limit": 1, "sort": "CREATED_DESC"}
    found = await _answer(f"{dashboard_url}/api/artifacts/filter", which)
    page = f"/artifact/{found[0]['id']}" if found else ""
    return f"{dashboard_url}/v2/artifacts{page}"


async def _answer(address: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that Prefect's API finds; none where it does not answer, or asks for a login."""
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            answer = await client.post(address, json=asked)
        return list(answer.json()) if answer.is_success else []
    except (httpx.HTTPError, ValueError):
        return []


def run_address(dashboard_url: str, run_id: str) -> str:
    """The page of a run in the dashboard."""
    return f"{dashboard_url}/v2/runs/flow-run/{run_id}"


def _run(row: dict[str, Any]) -> Run:
    return Run(str(row["id"]), str(row["state_type"]), str(row["state_name"]))


def _opportunities(row: dict[str, Any]) -> list[str]:
    return [tag.removeprefix(_TAG) for tag in row.get("tags", []) if tag.startswith(_TAG)]
