"""Whatever the contracts, the LMS and Recurly say: nothing ends early, in doubt or by mistake (PUB-3 to PUB-7)."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from rules.contracts.deactivation import deactivation
from rules.contracts.service_term import Phase
from tests.rules.clients import DAY, THEIRS, TODAY, applied, clients, companies, publications, stand, subscriptions


@given(clients(), companies(), publications(), subscriptions())
def test_pub_4_nothing_ever_ends_on_or_before_its_last_day(whose, lms, issues, billed):
    todo, standing = decided(whose, lms, issues, billed)
    signed = {one.end for one in whose.signed}
    for end in todo.ends:
        if end.status == "inactive":
            assert end.last_day < TODAY
        if end.last_day is not None:
            assert end.last_day in signed
            assert end.last_day == standing.last_day
    if any(one.after == "Deactivated" for one in todo.status):
        assert standing.last_day < TODAY


@given(clients(), companies(), publications(), subscriptions())
def test_pub_4_whoever_is_served_and_has_a_signed_contract_for_the_day_is_not_deactivated_on_it(
    whose, lms, issues, billed
):
    in_force = [one for one in whose.signed if one.status == "Activated" or one.won]
    assume(any(one.covers(TODAY) and one.status not in ("Terminated", "Expired") for one in in_force))
    todo, _ = decided(whose, lms, issues, billed)
    assert [end for end in todo.ends if end.status == "inactive" or (end.last_day and end.last_day < TODAY)] == []
    assert [one for one in todo.status if one.after == "Deactivated"] == []


@given(clients(), companies(), publications(), subscriptions())
def test_pub_3_pub_7_a_doubt_or_a_fault_never_ends_anything(whose, lms, issues, billed):
    todo, standing = decided(whose, lms, issues, billed)
    if standing.faults:
        assert todo.problems
    if todo.problems:
        assert [end for end in todo.ends if end.last_day is not None or end.status is not None] == []
        assert (todo.status, todo.news) == ((), "")


@given(clients(), companies(), publications(), subscriptions())
def test_pub_4_pub_5_once_a_plan_is_carried_out_there_is_nothing_left_to_do(whose, lms, issues, billed):
    todo, _ = decided(whose, lms, issues, billed)
    again, standing = decided(*applied(todo, whose, lms, issues), billed)
    assert again.changes == ()
    assert again.news in ("", standing.phase)
    assert again.news not in ("ended", "stays")
    assert again.problems == todo.problems


@given(clients(), companies(), publications(), subscriptions())
def test_pub_5_what_others_ended_is_untouched(whose, lms, issues, billed):
    todo, standing = decided(whose, lms, issues, billed)
    touched = {end.id: end for end in todo.ends}
    for record in [*([lms] if lms else []), *issues]:
        if record.reason == THEIRS and record.id in touched:
            assert record.status == "scheduled"
            assert touched[record.id].last_day == standing.last_day < record.last_day


@given(clients(), companies(), publications(), subscriptions())
def test_pub_5_nothing_comes_back_without_a_contract_that_began_or_was_extended_after_the_end(
    whose, lms, issues, billed
):
    todo, standing = decided(whose, lms, issues, billed)
    records = {one.id: one for one in (*([lms] if lms else []), *issues)}
    for end in todo.ends:
        record = records[end.id]
        if record.status == "inactive" and end.status == "active":
            began = record.last_day is not None and standing.begun is not None and standing.begun > record.last_day
            assert began or record.reason.startswith("End of contract")


@given(clients(), companies(), publications(), subscriptions())
def test_pub_7_what_is_off_is_never_announced_to_end(whose, lms, issues, billed):
    todo, _ = decided(whose, lms, issues, billed)
    if todo.news in ("ends soon", "last day"):
        assert lms.status != "inactive" or any(end.id == lms.id and end.status == "active" for end in todo.ends)


@given(clients(), companies(), publications(), subscriptions(), st.randoms())
def test_pub_4_the_order_of_contracts_and_publications_changes_nothing(whose, lms, issues, billed, random):
    shuffled = list(whose.agreements)
    random.shuffle(shuffled)
    one, _ = decided(whose, lms, issues, billed)
    other, _ = decided(replace(whose, agreements=tuple(shuffled)), lms, issues[::-1], billed)
    assert set(one.changes) == set(other.changes)
    assert (set(one.problems), one.asks, one.news) == (set(other.problems), other.asks, other.news)


@given(clients(), companies(), publications())
def test_pub_4_the_day_that_is_set_is_one_after_which_no_contract_goes_on(whose, lms, issues):
    """The LMS ends a service by itself on the day that was set: nothing more is asked of us then."""
    todo, _ = decided(whose, lms, issues, ())
    for end in todo.ends:
        if end.last_day:
            after = stand(whose, end.last_day + DAY)
            assert after.phase is Phase.ENDED or after.faults


def decided(whose, lms, issues, billed):
    """The plan of today, and how the service stands."""
    standing = stand(whose)
    return deactivation(whose, standing, lms, issues, billed), standing
