"""Whatever the contracts, the LMS and Recurly say: nothing ends early, in doubt or by mistake (PUB-3 to PUB-7)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rules.contracts.deactivation import deactivation
from rules.contracts.service_term import Phase
from tests.rules.builders.clients import (
    DAY,
    OURS,
    THEIRS,
    TODAY,
    applied,
    client,
    clients,
    companies,
    company,
    contract,
    ends_in_lms,
    is_signed,
    on,
    publications,
    renewal,
    stand,
    subscriptions,
)

ended_long_ago = st.builds(lambda end: client(contract(-300, end)), st.integers(-50, -1))
"""Clients whose only contract has ended: nothing is doubtful about it."""
unsettled = st.builds(lambda whose: added(whose, contract(1, None, 199)), clients()) | st.builds(
    lambda end: client(contract(-300, end), renewals=(renewal(),)), st.integers(0, 30)
)
"""Clients with a contract for later that lacks its end, or with an open renewal while their contract ends."""


@given(clients(), companies(), publications(), subscriptions())
def test_pub_4_nothing_ever_ends_on_or_before_its_last_day(whose, lms, issues, billed):
    todo, _ = decided(whose, lms, issues, billed)
    signed = [one for one in whose.agreements if is_signed(one)]
    over = {one.end for one in signed if one.end and one.end < TODAY}
    assert {end.last_day for end in todo.ends} <= {None, *(one.end for one in signed)}
    assert {end.last_day for end in todo.ends if end.status == "inactive"} <= over
    assert over or "Deactivated" not in [one.after for one in todo.status]


@given(ended_long_ago, ends_in_lms(company(), reasons=(OURS,)), publications())
def test_pub_4_what_has_ended_is_off_in_every_system(whose, lms, issues):
    todo, _ = decided(whose, lms, issues, ())
    after, lms_after, issues_after = applied(todo, whose, lms, issues)
    assert after.cs_status == "Deactivated"
    assert lms_after.status == "inactive"
    assert [one for one in issues_after if one.status == "active"] == []


@given(clients(), st.integers(0, 60), companies(), publications(), subscriptions())
def test_pub_4_whoever_is_served_and_has_a_signed_contract_for_the_day_is_not_deactivated_on_it(
    whose, end, lms, issues, billed
):
    todo, _ = decided(added(whose, contract(-300, end, 199)), lms, issues, billed)
    assert [end for end in todo.ends if end.status == "inactive" or (end.last_day and end.last_day < TODAY)] == []
    assert [one for one in todo.status if one.after == "Deactivated"] == []


@given(unsettled, companies(), publications(), subscriptions())
def test_pub_3_pub_7_a_doubt_or_a_fault_never_ends_anything(whose, lms, issues, billed):
    todo, _ = decided(whose, lms, issues, billed)
    assert todo.problems
    assert [end for end in todo.ends if end.last_day is not None or end.status is not None] == []
    assert (todo.status, todo.notification) == ((), "")


@given(clients(), companies(), publications(), subscriptions())
def test_pub_4_pub_5_once_a_plan_is_carried_out_there_is_nothing_left_to_do(whose, lms, issues, billed):
    todo, _ = decided(whose, lms, issues, billed)
    again, standing = decided(*applied(todo, whose, lms, issues), billed)
    assert again.changes == ()
    assert again.notification in ("", standing.phase)
    assert again.notification not in ("ended", "stays")
    assert again.problems == todo.problems


@given(clients(), ends_in_lms(company(), ("scheduled", "inactive"), (THEIRS,)), publications(), subscriptions())
def test_pub_5_what_others_ended_is_at_most_ended_earlier(whose, lms, issues, billed):
    todo, standing = decided(whose, lms, issues, billed)
    _, after, _ = applied(todo, whose, lms, issues)
    if lms.status == "inactive":
        assert after == lms
    else:
        assert after == lms or after.last_day == standing.last_day < lms.last_day


@given(clients(), companies(), publications(), subscriptions())
def test_pub_5_nothing_comes_back_without_a_contract_that_began_or_was_extended_after_the_end(
    whose, lms, issues, billed
):
    todo, _ = decided(whose, lms, issues, billed)
    begun = [one.start for one in whose.agreements if is_signed(one) and one.start and one.start <= TODAY]
    stays_off = {
        one.id
        for one in (*([lms] if lms else []), *issues)
        if one.status == "inactive"
        and one.reason != OURS
        and (one.last_day is None or all(start <= one.last_day for start in begun))
        and (one.reason or one.last_day not in {agreement.end for agreement in whose.agreements})
    }
    assert stays_off.isdisjoint(end.id for end in todo.ends if end.status == "active")


@given(clients(), st.none() | ends_in_lms(company(), ("inactive",), (THEIRS,)), publications(), subscriptions())
def test_pub_7_what_is_off_is_never_announced_to_end(whose, lms, issues, billed):
    todo, _ = decided(whose, lms, issues, billed)
    assert todo.notification not in ("ends soon", "last day")


@given(clients(), companies(), publications(), subscriptions(), st.randoms())
def test_pub_4_the_order_of_contracts_and_publications_changes_nothing(whose, lms, issues, billed, random):
    shuffled = list(whose.agreements)
    random.shuffle(shuffled)
    one, _ = decided(whose, lms, issues, billed)
    other, _ = decided(replace(whose, agreements=tuple(shuffled)), lms, issues[::-1], billed)
    assert set(one.changes) == set(other.changes)
    assert (set(one.problems), one.ask_now, one.notification) == (
        set(other.problems),
        other.ask_now,
        other.notification,
    )


@given(clients(), companies(), publications())
def test_pub_4_the_day_that_is_set_is_one_after_which_no_contract_goes_on(whose, lms, issues):
    """The LMS ends a service by itself on the day that was set: nothing more is asked of us then."""
    todo, _ = decided(whose, lms, issues, ())
    after = [stand(whose, end.last_day + DAY) for end in todo.ends if end.last_day]
    assert [one for one in after if one.phase is not Phase.ENDED and not one.faults] == []


@given(st.integers(0, 30), publications())
def test_pub_4_a_clear_end_is_set_on_the_company_and_its_publications(end, issues):
    todo, _ = decided(client(contract(-300, end)), company(), issues, ())
    assert ("company", on(end)) in [(one.kind, one.last_day) for one in todo.ends]


def added(whose, agreement):
    """The client with one more contract."""
    return replace(whose, agreements=(*whose.agreements, agreement))


def decided(whose, lms, issues, billed):
    """The plan of today, and how the service stands."""
    standing = stand(whose)
    return deactivation(whose, standing, lms, issues, billed), standing
