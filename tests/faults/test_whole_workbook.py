"""Whatever fails while a whole workbook changes hands, and whoever dies: all has moved in the end, once (TRN-10)."""

from itertools import cycle
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType

from flows.reminders import waiting
from tests.faults.deaths import (
    ASKING,
    GIVING_BACK,
    MOVING_ACCOUNTS,
    REPORTING,
    SLEEPING,
    STARTING,
    TRIED_AGAIN,
    dies,
)
from tests.faults.random_faults import SYSTEMS, order, some_faults
from tests.sandbox.slack_app import hire
from tests.support.asking import buttons, later, questions, read_run, resume, said, state_of
from tests.support.scale import EVERY_CASE, cases
from tests.support.whole_workbooks import ACCOUNTS, WholeWorkbook, retry

HEALTHY, OPEN = list(ACCOUNTS)[:2], list(ACCOUNTS)[2]

pytestmark = [pytest.mark.flows, pytest.mark.timeout(3600 if EVERY_CASE else 300)]


@pytest.fixture
def next_workbook(people, sandbox, tmp_path):
    async def share():
        whole = WholeWorkbook(people, hire(sandbox, sandbox.control, "Tess Lead"), tmp_path)
        await whole.share()
        return whole

    return share


# --- faults


def fault(system, kind, times, skip):
    return {"system": system, "kind": kind, "times": times, "skip": skip}


faults = some_faults(*SYSTEMS, "slack")


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate] if EVERY_CASE else [Phase.explicit],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(faults, faults, faults)
@example(
    [fault("recurly", "error", 6, 1), fault("slack", "drop_after", 6, 2)],
    [fault("outreach", "drop_after", 6, 8), fault("mail", "drop_before", 6, 0), fault("slack", "error", 6, 0)],
    [fault("salesforce", "drop_after", 6, 1), fault("outreach", "drop_before", 6, 2)],
)
async def test_trn_10_whatever_fails_retry_ends_with_every_account_moved_once_or_given_back(
    sandbox, next_workbook, before_the_approval, while_it_moves, while_it_goes_back
):
    whole = await next_workbook()
    before = whole.owners()
    order(sandbox, before_the_approval)
    await whole.work()
    sandbox.clear_faults()
    await whole.until_asked()

    await whole.approve()
    order(sandbox, while_it_moves)
    await whole.work()
    sandbox.clear_faults()
    await whole.until_completed()
    await whole.assert_moved_once()

    back = await whole.give_back()
    order(sandbox, while_it_goes_back)
    for one in back:
        await whole.undoing.work(one.id)
    sandbox.clear_faults()
    await whole.until_given_back(back)
    assert whole.owners() == before


# --- deaths


class Story(NamedTuple):
    """Who dies where; "" for nobody."""

    asking: str = ""
    starting: str = ""
    moving: str = ""
    tried_again: str = ""
    sleeping: str = ""
    reporting: str = ""
    giving_back: str = ""


STORIES = [
    Story(moving="has moved it in salesforce"),
    *map(
        Story,
        ASKING,
        cycle(STARTING),
        MOVING_ACCOUNTS,
        cycle(TRIED_AGAIN),
        cycle(SLEEPING),
        cycle(REPORTING),
        cycle(GIVING_BACK),
    ),
]
"""Together they have everybody die everywhere."""


async def dies_and_is_retried(whole, death):
    """The process of the workbook's run dies there, if anywhere, and ops press Retry."""
    if death:
        await dies(whole, whole.run, death)
        await retry(whole.run)


async def dies_while_it_moves(whole, death):
    """And the sweep comes by before somebody presses Retry: no account counts as under way."""
    if death:
        await dies(whole, whole.run, death)
        assert (await later(return_state=True)).is_completed()
        assert await whole.accounts(StateType.PENDING, StateType.RUNNING) == []
        await retry(whole.run)


@pytest.mark.long
@pytest.mark.parametrize("story", cases(STORIES, STORIES[0]), ids="/".join)
async def test_trn_10_wherever_each_process_dies_retry_ends_with_every_account_moved_once_or_given_back(
    next_workbook, story
):
    whole = await next_workbook()
    before = whole.owners()
    await dies_and_is_retried(whole, ASKING.get(story.asking))
    await whole.until_asked()
    await whole.approve()
    await dies_and_is_retried(whole, STARTING.get(story.starting))
    await dies_while_it_moves(whole, MOVING_ACCOUNTS.get(story.moving))
    again = await fails_and_is_tried_again(whole, OPEN)
    await dies_and_is_retried(whole, SLEEPING.get(story.sleeping))
    await tried_again(whole, again, TRIED_AGAIN.get(story.tried_again))
    await dies_and_is_retried(whole, REPORTING.get(story.reporting))
    await whole.until_completed()
    assert buttons(question_about_a_wave(whole)) == {}
    await whole.assert_moved_once()

    back = await whole.give_back()
    if story.giving_back:
        await dies(whole, back[0], GIVING_BACK[story.giving_back])
    await whole.until_given_back(back)
    assert whole.owners() == before
    for name in ACCOUNTS:
        *_, taken, given_back = await whole.audited(name)
        assert taken == given_back, name


async def fails_and_is_tried_again(whole, *names):
    """Accounts that Outreach does not answer about: the workbook asks whether to go on, and ops press Retry."""
    for name in names:
        path = whole.book.account(name)["Id"]
        whole.sandbox.fault("outreach", "error", path=path, status=503, times=100)
    await whole.work_alone()
    whole.sandbox.clear_faults()
    assert f"accounts failed: {names[0]}" in said(question_about_a_wave(whole))
    runs = await whole.accounts(StateType.FAILED)
    assert len(runs) == len(names)
    for one in runs:
        await retry(one)
    assert await resume(whole.run.id) == "ACCEPT"
    return runs


async def tried_again(whole, runs, death):
    """While a worker's processes are at accounts the workbook sleeps; of one that dies it hears by the sweep."""
    await whole.work_alone()
    assert (state_of(whole.run), whole.run.state.state_details.run_input_keyset) == ("Suspended", None)
    if not death:
        await whole.move_accounts()
        assert state_of(await read_run(whole.run.id)) == "Resuming"
        return
    (run,) = runs
    await dies(whole, run, death)
    assert state_of(await read_run(whole.run.id)) == "Suspended"
    assert (await waiting(return_state=True)).is_completed()


def question_about_a_wave(whole):
    (question,) = [one for one in questions(whole.sandbox, whole.run) if one not in whole.asked()]
    return question


if EVERY_CASE:  # above, accounts end at one moment as well, and nobody counts who wakes whom

    async def test_two_accounts_that_end_at_one_moment_wake_their_workbook_once(next_workbook):
        whole = await next_workbook()
        await whole.until_asked()
        await whole.approve()
        both = await fails_and_is_tried_again(whole, *HEALTHY)
        await tried_again(whole, both, None)
        async with get_client() as client:
            states = await client.read_flow_run_states(whole.run.id)
        assert [one.name for one in states].count("Resuming") == 3  # The approval woke it, the answer, and they.
        await whole.until_completed()
        await whole.assert_moved_once()
