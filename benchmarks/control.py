"""The sandbox's controls, as far as a measurement needs them."""

from typing import Any

import httpx

LATENCIES = {"salesforce": 0.18, "lms": 0.25, "recurly": 0.12, "slack": 0.09, "outreach": 0.2, "mail": 0.1}
"""Seconds that the real systems typically take to answer."""

_NONE_YET = 10**12
_LONGEST = 600.0
"""Seconds that a large world may take to come into being."""


class Control:
    """Orders the sandbox about and reads its journal."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/_control/", trust_env=False, timeout=120)

    async def latencies(self, seconds: dict[str, float]) -> None:
        """Let each answer take so long; systems that are not named answer at once."""
        await self._post("latency", dict.fromkeys(LATENCIES, 0.0) | seconds)

    async def messages(self, *, on: bool) -> None:
        """Switch Salesforce's outbound messages."""
        await self._post("behaviour", {"outbound_messages": "on" if on else "off"})

    async def last_entry(self) -> int:
        """The number of the journal's newest entry, 0 when there is none."""
        return int((await self._get("journal", since=_NONE_YET))["last"])

    async def journal(self, since: int) -> list[dict[str, Any]]:
        """The requests that came after entry number `since`."""
        return list((await self._get("journal", since=since))["entries"])

    async def some_company(self) -> str:
        """The id of a company in the LMS."""
        return str((await self._get("state", system="lms"))["companies"][0]["id"])

    async def generated(self, accounts: int) -> None:
        """Begin a generated world of so many accounts; answers are immediate there."""
        wanted = {"world": "generated", "accounts": accounts}
        (await self._http.post("reset", json=wanted, timeout=_LONGEST)).raise_for_status()
        await self.latencies({})

    async def demo(self, moving: int) -> None:
        """Begin the demo world, in which so many accounts are to change hands."""
        await self._post("reset", {"world": "demo", "moving": moving})

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        (await self._http.post(path, json=body)).raise_for_status()

    async def _get(self, path: str, **params: str | int) -> dict[str, Any]:
        answer: dict[str, Any] = (await self._http.get(path, params=params)).raise_for_status().json()
        return answer
