"""What reading and writing steps are, on a real Prefect server (D-1 and D-3)."""

import time

import httpx
import pytest
from prefect import flow
from prefect.exceptions import PrefectHTTPStatusError

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from rules.common.records import Change
from tasks.core.effects import LOST, recording
from tasks.core.steps import RETRY_DELAYS, gather_all, read_task, write_task
from tasks.runs.audit import audit_trail, deduplicate

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
def done():
    """What the steps did."""
    return []


async def test_decision_1_two_writing_steps_with_equal_inputs_do_not_share_a_result(done):
    @write_task("First {name}")
    async def first(name: str) -> str:
        done.append(f"first {name}")
        return "first"

    @write_task("Second {name}")
    async def second(name: str) -> str:
        done.append(f"second {name}")
        return "second"

    @flow(persist_result=True)
    async def both():
        return await first("x"), await second("x"), await first("x")

    assert await both() == ("first", "second", "first")
    assert done == ["first x", "second x"]


async def test_decision_1_what_is_aside_does_not_tell_effects_apart(done):
    @write_task("Say {key}", keyed_by=("key",))
    async def say(key: str, text: str) -> str:
        done.append(f"{key}: {text}")
        return text

    @flow(persist_result=True)
    async def history():
        return await say("k", "one"), await say("k", "two"), await say("other", "three")

    assert await history() == ("one", "one", "three")
    assert done == ["k: one", "other: three"]


async def test_a_step_is_repeated_while_prefects_server_fails(done):
    @write_task("Keep {name}")
    async def keep(name: str) -> str:
        done.append(name)
        if len(done) < 3:
            answer = httpx.Response(500, request=httpx.Request("POST", "http://prefect/api/artifacts/"))
            raise PrefectHTTPStatusError("Internal Server Error", request=answer.request, response=answer)
        return name

    @flow(persist_result=True)
    async def keeping():
        return await keep("page")

    assert await keeping() == "page"
    assert done == ["page"] * 3


CHANGES = [Change("LMS", "Company 1", field, "", "x", "ONB-6") for field in ("User Count", "Modules")]


async def test_the_effects_of_a_writing_step_are_recorded_also_those_of_a_kept_result(done):
    @write_task("Set {label}")
    async def write(changes: list[Change]) -> str:
        for change in changes:
            with recording(change):
                done.append(change.field)
        return "written"

    @flow(persist_result=True)
    async def twice():
        async with audit_trail() as first:
            result = await write.labelled("the company")(CHANGES)
        async with audit_trail() as again:
            await write(CHANGES)
        return result, [line["field"] for line in first], list(again) == list(first)

    assert await twice() == ("written", ["User Count", "Modules"], True)
    assert done == ["User Count", "Modules"]


@pytest.mark.parametrize(
    ("error", "notes"),
    [(VendorUnavailable("LMS", "no answer", outcome_unknown=True), ["", LOST]), (VendorRefused("LMS", "no"), [""])],
    ids=lambda value: type(value).__name__,
)
async def test_a_writing_step_that_fails_halfway_records_what_it_has_done_and_what_it_may_have(error, notes):
    @write_task("Set the company")
    async def write(changes: list[Change]) -> None:
        with recording(changes[0]):
            pass
        with recording(changes[1]):
            raise error

    @flow(persist_result=True)
    async def once():
        async with audit_trail() as trail:
            with pytest.raises(type(error)):
                await write(CHANGES)
            return [line["note"] for line in deduplicate(trail)]

    assert await once() == notes


async def test_decision_1_a_reading_step_reads_every_time_it_is_called(done):
    @read_task("Read {name}")
    async def read(name: str) -> int:
        done.append(name)
        return len(done)

    @flow(persist_result=True)
    async def twice():
        return await read("x"), await read("x")

    assert await twice() == (1, 2)


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (VendorUnavailable("LMS", "down"), 1 + len(RETRY_DELAYS)),
        (VendorRefused("LMS", "no"), 1),
        (UnexpectedResponse("LMS", "html"), 1),
        (ValueError("a defect of ours"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("kind", [read_task, write_task])
async def test_decision_3_only_an_unavailable_vendor_is_asked_again(done, kind, error, tries):
    @kind("Try")
    async def attempted() -> None:
        done.append(1)
        raise error

    @flow
    async def once():
        await attempted()

    with pytest.raises(type(error)):
        await once()
    assert len(done) == tries


async def test_decision_3_the_vendors_retry_after_is_waited_for(done):
    @read_task("Ask")
    async def ask() -> None:
        done.append(time.monotonic())
        if len(done) == 1:
            raise VendorUnavailable("LMS", "busy", retry_after=0.6)

    @flow
    async def once():
        await ask()

    await once()
    assert len(done) == 2
    assert done[1] - done[0] >= 0.6


async def test_steps_together_all_come_to_their_end_before_the_first_failure_is_raised(done):
    async def fails():
        raise ValueError("first")

    async def works():
        done.append("worked")

    with pytest.raises(ValueError, match="first"):
        await gather_all(fails(), works())
    assert done == ["worked"]
