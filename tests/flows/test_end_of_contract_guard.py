"""The guard: unusually many ends are asked about first, and nothing else waits for the answer (PUB-4, PUB-5)."""

import pytest

from tests.support.asking import questions, read_run, said, state_of
from tests.support.clients import make_client
from tests.support.page_rows import rows_of
from tests.support.runs import latest_artifact

pytestmark = pytest.mark.flows


async def test_pub_4_more_ends_than_the_guard_lets_pass_are_asked_about_and_withdrawals_are_not_held_up(
    people, sandbox, calendar, override
):
    stays, stays_too = (make_client(people, calendar.on(20)) for _ in range(2))
    await calendar.night(stays, stays_too)
    assert [one.stands()[0] for one in (stays, stays_too)] == ["scheduled", "scheduled"]
    ending = [make_client(people, calendar.on(10)) for _ in range(3)]
    stays.renew(calendar.on(21), calendar.on(400))
    await override("lifecycle-policy", guard_max_count=2)
    sweep = await calendar.night(stays, *ending)
    assert state_of(sweep) == "Suspended", sweep.state
    assert stays.stands() == ("active", None)
    assert [len(one) for one in await calendar.runs(*ending)] == [0, 0, 0]
    (question,) = questions(sandbox, sweep)
    assert question["channel"] == "cs-operations"
    words = ("3 of ", f"3 of them on {calendar.on(10)}", "More than 2", "Let up to 3 end", "PUB-4")
    assert [word for word in words if word not in said(question)] == []
    rows = rows_of(await latest_artifact("end-of-contract"))
    assert [row["Run"] for row in rows if ending[0].account in row["Account"]] == ["to be started"]

    sweep = await calendar.nights.sweep.resume(sweep.id, choice_1="Let up to 3 end")
    assert state_of(sweep) == "Completed", sweep.state
    await calendar.work(*ending)
    assert [one.stands() for one in ending] == [("scheduled", f"{calendar.on(10)}")] * 3
    assert [len(one) for one in await calendar.runs(stays, *ending)] == [2, 1, 1, 1]


async def test_pub_4_an_end_that_was_a_mistake_is_corrected_and_the_sweep_checks_again(people, calendar, override):
    ending = [make_client(people, calendar.on(10)) for _ in range(2)]
    await override("lifecycle-policy", guard_max_count=1)
    sweep = await calendar.night()
    assert state_of(sweep) == "Suspended", sweep.state
    ending[0].amend(EndDate=f"{calendar.on(375)}")
    sweep = await calendar.nights.sweep.resume(sweep.id)
    assert state_of(sweep) == "Completed", sweep.state
    await calendar.work(*ending)
    assert [one.stands()[0] for one in ending] == ["active", "scheduled"]


@pytest.mark.long
async def test_pub_5_withdrawals_do_not_wait_for_a_guard_that_nobody_answered_the_night_before(
    people, calendar, override
):
    stays = make_client(people, calendar.on(20))
    await calendar.night(stays)
    ending = [make_client(people, calendar.on(10)) for _ in range(2)]
    await override("lifecycle-policy", guard_max_count=1)
    sweep = await calendar.night()
    assert state_of(sweep) == "Suspended", sweep.state
    calendar.go(calendar.on(1))
    stays.renew(calendar.on(20), calendar.on(400))
    await calendar.night(stays)
    await calendar.nights.sweep.work(sweep.id)
    await calendar.work(stays)
    assert stays.stands() == ("active", None)
    assert [len(one) for one in await calendar.runs(*ending)] == [0, 0]
    assert state_of(await read_run(sweep.id)) == "Suspended"
