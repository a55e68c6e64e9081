"""When a service ends, and what is doubtful about that: every row of the decision's tables (PUB-3 to PUB-5, PUB-7)."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import Responsible
from rules.contracts.service_term import Phase
from tests.rules.builders.clients import (
    DAY,
    client,
    clients,
    contract,
    dated_contracts,
    is_signed,
    on,
    renewal,
    stand,
)

RUNNING = contract(-300, 65)
"""A contract whose end is far."""


def decides(*agreements):
    """The numbers of the contract that decides, and its last day."""
    found = stand(client(*agreements))
    return (int(found.agreement.number), found.last_day) if found.agreement else None


def doubts(*agreements, **fields):
    return [(one.record, one.record_id, one.field) for one in stand(client(*agreements, **fields)).ambiguities]


# --- phases


@pytest.mark.parametrize(
    ("end", "phase"),
    [
        (365, "runs"),
        (31, "runs"),
        (30, "ends"),
        (15, "ends"),
        (14, "ends soon"),
        (1, "ends soon"),
        (0, "last day"),
        (-1, "ended"),
        (-400, "ended"),
    ],
)
def test_pub_4_the_phase_of_an_end_is_that_of_the_days_left(end, phase):
    found = stand(client(contract(-500, end)))
    assert (found.phase, found.last_day, found.ends) == (phase, on(end), phase != "runs")
    assert (found.faults, found.ambiguities) == ((), ())


@pytest.mark.parametrize(
    ("today", "phase"),
    [
        (date(2028, 1, 29), "runs"),
        (date(2028, 1, 30), "ends"),
        (date(2028, 2, 15), "ends soon"),
        (date(2028, 2, 28), "ends soon"),
        (date(2028, 2, 29), "last day"),
        (date(2028, 3, 1), "ended"),
    ],
)
def test_pub_4_the_29th_of_february_is_a_day_of_service_like_any_other(today, phase):
    assert stand(client(contract(date(2027, 3, 1), date(2028, 2, 29))), today).phase == phase


@pytest.mark.parametrize(("year", "last_day"), [(2027, date(2028, 2, 28)), (2028, date(2028, 2, 28))])
def test_pub_5_a_renewal_from_1_march_leaves_a_break_only_in_a_leap_year(year, last_day):
    first = contract(date(year - 1, 3, 1), date(year, 2, 28))
    second = contract(date(year, 3, 1), last_day.replace(year=year + 1), 102)
    found = stand(client(first, second), date(year, 2, 20))
    if year == 2028:
        assert (found.agreement, [one.record_id for one in found.ambiguities]) == (first, [second.id])
    else:
        assert (found.agreement, found.ambiguities) == (second, ())


# --- what counts


@pytest.mark.parametrize(
    ("status", "won", "counts"),
    [
        ("Activated", False, True),
        ("Draft", False, False),
        ("In Approval Process", False, False),
        ("in approval  process", False, False),
        ("Draft", True, True),
        ("In Approval Process", True, True),
        ("Terminated", False, True),
        ("Expired", False, True),
    ],
)
def test_pub_3_a_contract_counts_when_it_is_signed(status, won, counts):
    assert decides(contract(-300, 20, status=status, won=won)) == ((101, on(20)) if counts else None)


@pytest.mark.parametrize("status", ["Terminated", "Expired"])
def test_pub_3_a_terminated_contract_counts_only_while_no_other_signed_one_has_begun(status):
    over = contract(-30, 20, 102, status)
    assert decides(contract(-300, 10), over) == (101, on(10))
    assert decides(contract(60, 400), over) == (102, on(20))
    assert decides(contract(-300, 10, status="Draft"), over) == (102, on(20))


def test_pub_4_of_the_contracts_that_have_begun_the_one_that_began_last_is_present():
    assert decides(contract(-300, -10), contract(-5, 40, 102)) == (102, on(40))
    assert decides(contract(-300, 40), contract(1, 20, 102)) == (101, on(40))
    assert decides(contract(0, 3, 102), contract(-300, 2)) == (102, on(3))


def test_pub_4_of_two_that_began_on_one_day_the_one_that_ends_first_is_present():
    assert decides(contract(-300, 20), contract(-300, 10, 102)) == (102, on(10))


def test_pub_4_a_contract_without_a_start_began_long_ago():
    assert decides(contract(None, 20)) == (101, on(20))
    assert decides(contract(None, 60), contract(-300, 20, 102)) == (102, on(20))


def test_pub_3_before_the_first_signed_contract_begins_nothing_is_known():
    found = stand(client(contract(1, 400), contract(-300, 20, 102, "Draft")))
    assert (found.agreement, found.last_day, found.phase, found.ends) == (None, None, "runs", False)


# --- what follows


@pytest.mark.parametrize(
    ("start", "end", "follows"),
    [(21, 385, True), (1, 385, True), (1, 21, True), (22, 385, False), (10, 20, False)],
)
def test_pub_5_a_contract_follows_that_begins_later_ends_later_and_leaves_no_day_between(start, end, follows):
    assert decides(contract(-300, 20), contract(start, end, 102)) == ((102, on(end)) if follows else (101, on(20)))


def test_pub_5_the_last_of_a_row_of_contracts_decides():
    row = [contract(-300, 10), contract(11, 20, 102), contract(15, 45, 103)]
    found = stand(client(*row))
    assert (found.agreement, found.phase) == (row[2], "runs")
    assert stand(client(*row[:2])).phase == "ends"


def test_pub_5_a_draft_or_a_terminated_contract_continues_nothing():
    for status in ("Draft", "In Approval Process", "Terminated", "Expired"):
        assert decides(contract(-300, 10), contract(11, 375, 102, status)) == (101, on(10))


def test_pub_5_a_renewal_after_a_break_decides_once_it_has_begun():
    row = (contract(-400, -40), contract(0, 365, 102))
    assert (decides(*row), stand(client(*row)).phase) == ((102, on(365)), "runs")


# --- faults


@pytest.mark.parametrize("more", [{}, {"renewals": (renewal(),)}])
def test_pub_4_a_contract_without_an_end_is_asked_of_sales_whatever_the_day(more):
    found = stand(client(contract(-300, None), **more))
    (fault,) = found.faults
    assert (fault.who, fault.record, fault.record_id, fault.field, fault.found) == (
        *(Responsible.SALES, "Contract", RUNNING.id, "End Date", "empty"),
    )
    assert (found.agreement, found.phase, found.ambiguities) == (None, "runs", ())


def test_pub_4_an_end_before_the_start_is_asked_of_sales():
    (fault,) = stand(client(contract(-5, -6))).faults
    assert fault.found == "2027-03-09, before the start on 2027-03-10"
    assert stand(client(contract(-5, -5))).faults == ()


@pytest.mark.parametrize("ends", [20, 65])
def test_pub_5_a_contract_signed_for_later_that_ends_before_it_starts_is_asked_of_sales(ends):
    (fault,) = stand(client(contract(-300, ends), contract(40, 39, 102))).faults
    assert fault.record_id == contract(0, 0, 102).id


def test_pub_4_a_renewal_without_an_end_decides_and_is_asked_about():
    (fault,) = stand(client(contract(-300, 10), contract(11, None, 102))).faults
    assert (fault.record_id, fault.found) == (contract(0, 0, 102).id, "empty")


@pytest.mark.parametrize(("start", "end"), [(40, 12), (400, 370), (5, 4), (400, None)])
@pytest.mark.parametrize("present", [(), (RUNNING,), (contract(-300, -40),)])
def test_pub_7_a_contract_that_begins_in_the_future_is_asked_about_at_once_whatever_the_day(start, end, present):
    later = contract(start, end, 102)
    (fault,) = stand(client(*present, later)).faults
    assert (fault.who, fault.record_id, fault.field) == (Responsible.SALES, later.id, "End Date")


@pytest.mark.parametrize("status", ["Draft", "In Approval Process", "Terminated", "Expired"])
@pytest.mark.parametrize("present", [(), (RUNNING,)])
def test_pub_7_what_nobody_signed_or_what_is_over_is_not_asked_about(status, present):
    assert stand(client(*present, contract(40, 12, 102, status))).faults == ()


def test_pub_7_a_draft_that_was_won_is_signed():
    assert len(stand(client(contract(40, 12, 102, "Draft", won=True))).faults) == 1


# --- expansions


def added(start, end, number=102):
    return contract(start, end, number, sold_as="Expansion")


def test_onb_6_an_expansion_that_ends_before_the_contract_it_adds_to_ends_nothing():
    found = stand(client(RUNNING, added(-100, 10)))
    assert (found.agreement.number, found.phase, found.ambiguities) == ("00000101", "runs", ())
    assert doubts(contract(-300, 10), added(-100, -20)) == []


def test_onb_6_an_expansion_that_goes_on_longer_keeps_the_service_on():
    for today in (-50, 5, 15):
        found = stand(client(contract(-300, 10), added(-100, 200)), on(today))
        assert (found.agreement.number, found.last_day) == ("00000102", on(200))


@pytest.mark.parametrize(
    "other", [contract(-400, None, 102), contract(-300, None, 102, "Draft"), contract(-301, -302, 102)]
)
def test_pub_4_a_contract_that_decides_nothing_may_have_any_dates(other):
    assert stand(client(contract(-300, 65), other)).faults == ()


# --- doubts


def test_pub_5_an_open_renewal_is_a_doubt():
    (doubt,) = stand(client(contract(-300, 10), renewals=(renewal(5),))).ambiguities
    assert (doubt.who, doubt.record, doubt.record_id, doubt.field, doubt.rule) == (
        *(Responsible.SALES, "Opportunity", renewal().id, "Stage", "PUB-5"),
    )
    assert doubt.found == "Negotiation/Review, to be closed on 2027-03-20"


@pytest.mark.parametrize(
    ("start", "end", "doubtful"),
    [
        (11, 375, True),
        (200, 375, True),
        (-299, 11, True),
        (None, None, True),
        (None, 11, True),
        (11, None, True),
        (-300, 375, False),
        (-301, 375, False),
        (5, 10, False),
        (None, 10, False),
    ],
)
@pytest.mark.parametrize("status", ["Draft", "In Approval Process"])
def test_pub_5_a_contract_that_nobody_signed_is_a_doubt_if_service_would_go_on_by_it(status, start, end, doubtful):
    draft = contract(start, end, 102, status)
    expected = [("Contract", draft.id, "Status")] if doubtful else []
    assert doubts(contract(-300, 10), draft) == expected


@pytest.mark.parametrize(
    ("start", "end", "doubtful"),
    [(-300, 11, True), (-400, 60, True), (None, 11, True), (-301, None, True), (-400, 10, False), (-400, 9, False)],
)
def test_pub_3_two_active_contracts_are_a_doubt_while_one_ends_before_the_other(start, end, doubtful):
    other = contract(start, end, 102)
    expected = [("Contract", contract(0, 0).id, "End Date")] if doubtful else []
    assert doubts(contract(-300, 10), other) == expected


@pytest.mark.parametrize("status", ["Terminated", "Expired"])
def test_pub_3_a_contract_that_is_over_is_no_second_active_one(status):
    assert doubts(contract(-300, 10), contract(-400, 60, 102, status)) == []


@pytest.mark.parametrize(
    ("start", "doubtful"), [(11, False), (12, True), (40, True), (41, True), (42, False), (400, False)]
)
def test_pub_5_a_break_of_up_to_31_days_may_be_a_slip_and_a_longer_one_is_meant(start, doubtful):
    later = contract(start, start + 365, 102)
    expected = [("Contract", later.id, "Start Date")] if doubtful else []
    assert doubts(contract(-300, 10), later) == expected
    assert stand(client(contract(-300, 10), later)).last_day == (on(start + 365) if start == 11 else on(10))


def test_pub_5_after_the_last_day_too_a_contract_that_begins_soon_is_a_doubt():
    assert doubts(contract(-300, -3), contract(1, 365, 102)) == [("Contract", contract(0, 0, 102).id, "Start Date")]


def test_pub_4_while_a_contract_runs_nothing_is_doubtful():
    every = [contract(-300, 31), contract(-400, 90, 102), contract(40, None, 103, "Draft")]
    assert doubts(*every, renewals=(renewal(),)) == []


def test_pub_7_every_doubt_is_told_at_once():
    every = [contract(-300, 10), contract(-400, 90, 102), contract(40, None, 103, "Draft"), contract(15, 380, 104)]
    assert len(doubts(*every, renewals=(renewal(),))) == 4


# --- for any client


@given(clients(), st.randoms())
def test_pub_4_the_order_of_contracts_does_not_matter(whose, random):
    shuffled = list(whose.agreements)
    random.shuffle(shuffled)
    one, other = stand(whose), stand(replace(whose, agreements=tuple(shuffled)))
    assert (one.agreement, one.phase, one.faults) == (other.agreement, other.phase, other.faults)
    assert (set(one.ambiguities), one.stage) == (set(other.ambiguities), other.stage)


def phase_of(days_left):
    """The phase that so many days before the last day are, by the policy's usual windows (PUB-4)."""
    if days_left < 0:
        return "ended"
    return "last day" if days_left == 0 else "ends soon" if days_left <= 14 else "ends" if days_left <= 30 else "runs"


@given(clients(of=dated_contracts), st.integers(-60, 60))
def test_pub_4_service_ends_with_a_signed_contract_and_its_phase_is_that_of_the_days_left(whose, days):
    today = on(days)
    signed = [one for one in whose.agreements if is_signed(one)]
    found = stand(whose, today)
    assert found.faults == ()
    if any(one.start is None or one.start <= today for one in signed):
        assert found.agreement in signed
        assert (found.last_day, found.phase) == (found.agreement.end, phase_of((found.agreement.end - today).days))
    else:
        assert (found.agreement, found.last_day, found.phase, found.ends) == (None, None, "runs", False)


@given(clients(of=dated_contracts))
def test_pub_4_what_all_signed_contracts_have_left_behind_has_ended(whose):
    signed = [one for one in whose.agreements if is_signed(one)] or [contract(-300, -1)]
    day_after = max(one.end for one in signed) + DAY
    found = stand(replace(whose, agreements=(*whose.agreements, *signed)), day_after)
    assert (found.phase, found.ends, found.last_day < day_after) == ("ended", True, True)


@given(clients(), st.integers(-400, 0), st.none() | st.integers(0, 60))
def test_pub_5_a_contract_in_force_beyond_the_last_day_is_a_renewal_a_doubt_or_a_fault(whose, start, end):
    """Service has not ended while a contract that is not over covers the day, or sales are asked about it."""
    in_force = contract(start, end, 199)
    found = stand(replace(whose, agreements=(*whose.agreements, in_force)))
    assert found.phase is not Phase.ENDED or found.ambiguities
