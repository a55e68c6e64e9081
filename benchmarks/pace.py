"""The flow against the bare script, alternating, in one warm process, at realistic latencies."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date

from prefect.client.orchestration import PrefectClient

from benchmarks.runs import completed, times
from benchmarks.sales import close, open_sale
from benchmarks.script import Script
from flows.onboarding import onboarding

ROUNDS = 12
"""Pairs that are measured, after one that warms both up."""


@dataclass(frozen=True)
class Pace:
    """Seconds of each round.

    Attributes:
        script: the bare script.
        flow: the flow, from its first step to its end.
        whole: the call of the flow, with Prefect's own start and end around it.
    """

    script: list[float]
    flow: list[float]
    whole: list[float]


async def pace(client: PrefectClient, today: date) -> Pace:
    """Onboard one sale by the script, one by the flow, and so on; outbound messages must be off."""
    script = await Script.ready()
    found = Pace([], [], [])
    for number in range(ROUNDS + 1):
        bare = await _seconds(script.onboard, await _won(today))
        opportunity_id = await _won(today)
        begun = time.perf_counter()
        state = await onboarding(opportunity_id, return_state=True)
        whole = time.perf_counter() - begun
        run_id = state.state_details.flow_run_id
        assert run_id is not None
        completed(await client.read_flow_run(run_id))
        if number:
            found.script.append(bare)
            found.flow.append((await times(client, run_id)).own)
            found.whole.append(whole)
    return found


async def _won(today: date) -> str:
    opportunity_id = await open_sale(today)
    await close(opportunity_id)
    return opportunity_id


async def _seconds(act: Callable[[str], Awaitable[None]], opportunity_id: str) -> float:
    begun = time.perf_counter()
    await act(opportunity_id)
    return time.perf_counter() - begun
