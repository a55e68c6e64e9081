"""The sandbox's control calls that a measurement needs."""

from typing import Any

import httpx

LATENCIES = {"salesforce": 0.18, "lms": 0.25, "recurly": 0.12, "slack": 0.09, "outreach": 0.2, "mail": 0.1}
"""Seconds that the real systems typically take to answer."""

_NO_ENTRY = 10**12


class SandboxAdmin(httpx.AsyncClient):
    """Configures the sandbox and reads its journal."""

    def __init__(self, url: str) -> None:
        # The sandbox may take minutes to generate a large scenario.
        super().__init__(base_url=f"{url}/_control/", trust_env=False, timeout=600)

    async def set_latencies(self, seconds: dict[str, float]) -> None:
        """Delay the answers of each system; systems that are not named answer at once."""
        await self._set("latency", dict.fromkeys(LATENCIES, 0.0) | seconds)

    async def switch_messages(self, *, on: bool) -> None:
        """Switch Salesforce's outbound messages on or off."""
        await self._set("behaviour", {"outbound_messages": "on" if on else "off"})

    async def load(self, scenario: str, **size: int) -> None:
        """Load a scenario, without latencies: `generated` with `accounts`, or `demo` with `moving` accounts."""
        await self._set("reset", {"world": scenario, **size})
        await self.set_latencies({})

    async def last_entry(self) -> int:
        """The number of the journal's newest entry, or 0."""
        return int((await self._read("journal", since=_NO_ENTRY))["last"])

    async def journal(self, since: int) -> list[dict[str, Any]]:
        """The requests after entry number `since`."""
        return list((await self._read("journal", since=since))["entries"])

    async def any_company_id(self) -> str:
        """The id of a company in the LMS."""
        return str((await self._read("state", system="lms"))["companies"][0]["id"])

    async def _set(self, path: str, body: dict[str, Any]) -> None:
        (await self.post(path, json=body)).raise_for_status()

    async def _read(self, path: str, **params: str | int) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.get(path, params=params)).raise_for_status().json()
        return answer
