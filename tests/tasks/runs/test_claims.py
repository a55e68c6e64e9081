"""Which of several runs acts for one record (D-16)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from prefect.client.schemas.objects import FlowRun, State, StateType

from tasks.runs.claims import UNDER_WAY, judge

START = datetime(2027, 3, 1, tzinfo=UTC)


def run(number, state=StateType.RUNNING, second=0, *, preview=False):
    return FlowRun(
        id=UUID(int=number),
        flow_id=UUID(int=0),
        name=f"run {number}",
        created=START + timedelta(seconds=second),
        state=State(type=state),
        state_type=state,
        parameters={"preview": preview},
    )


states = st.sampled_from(sorted(StateType))
families = st.lists(
    st.tuples(states, st.integers(0, 3), st.booleans()), min_size=1, max_size=7
).map(lambda rows: [run(n, state, second, preview=p) for n, (state, second, p) in enumerate(rows, 1)])  # fmt: skip


@given(families)
def test_of_the_runs_under_way_exactly_one_acts(family):
    contenders = [one for one in family if one.state_type in UNDER_WAY and not one.parameters["preview"]]
    acting = [one for one in contenders if not judge(one, family, tries=1).other_run]
    assert len(acting) == (1 if contenders else 0)


@given(families, st.randoms())
def test_the_order_in_which_runs_are_listed_does_not_matter(family, chance):
    shuffled = list(family)
    chance.shuffle(shuffled)
    for one in family:
        assert judge(one, family, tries=1) == judge(one, shuffled, tries=1)


@given(families)
def test_a_later_run_is_led_to_the_page_of_the_one_that_acts(family):
    for one in family:
        other_run = judge(one, family, tries=1).other_run
        assert not other_run or str(one.id) not in other_run


def test_the_run_created_first_acts_though_the_other_began_first():
    early, late = run(2, StateType.PENDING, second=0), run(1, StateType.RUNNING, second=1)
    assert judge(early, [early, late], tries=1).other_run == ""
    assert str(early.id) in judge(late, [early, late], tries=1).other_run


def test_a_run_that_came_to_an_end_holds_nobody_up_but_may_have_done_something():
    ended, me = run(1, StateType.FAILED, second=0), run(2, second=5)
    claim = judge(me, [ended, me], tries=1)
    assert (claim.other_run, claim.first, claim.since) == ("", False, START)


def test_only_the_first_try_of_the_only_run_is_sure_that_nothing_was_done():
    me = run(1)
    assert judge(me, [], tries=1).first
    assert judge(me, [me], tries=1).first
    assert not judge(me, [me], tries=2).first


def test_a_preview_blocks_nobody_and_counts_as_nothing_done():
    preview, me = run(1, second=0, preview=True), run(2, second=1)
    claim = judge(me, [preview, me], tries=1)
    assert (claim.other_run, claim.first) == ("", True)


def test_a_run_that_no_message_started_may_have_had_a_predecessor_since_the_sale_was_won():
    usual, recovered = run(1), run(2)
    recovered.tags = ["onboarding", "missed:2027-02-27"]
    assert judge(usual, [usual], tries=1).first
    claim = judge(recovered, [recovered], tries=1)
    assert (claim.first, claim.since) == (False, datetime(2027, 2, 27, tzinfo=UTC))
