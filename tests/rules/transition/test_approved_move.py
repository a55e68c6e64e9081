"""What was approved of a plan, and whether it is still that."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from rules.transition.approved_move import Appointment, ApprovedMove, approved_move, changes_since_approval, matched_row
from rules.transition.match import NewCsm
from rules.transition.plan import plan_account
from rules.transition.rows import RowFault, Transfer
from tests.rules.builders.moves import ADA, BEN, ESCALATION, HANA, OPEN_SALE, TARA, TERMS, TODAY, facts, move


def ordered(found, **more) -> ApprovedMove:
    return approved_move(plan_account(move(1, **more), found, TODAY, TERMS), "cafe")


def takers(*, active=True, is_csm=True, lead=TARA):
    return [
        NewCsm(HANA, active=True, is_csm=True, lead=TARA),
        NewCsm(ADA, active=active, is_csm=is_csm, lead=lead),
    ]


def refused(order, now, *, begun=False, **of_ada):
    return changes_since_approval(order, now, matched_row(order, takers(**of_ada)), TODAY, TERMS, begun=begun)


def test_an_order_survives_its_way_to_the_run():
    order = ordered(facts(1))
    assert ApprovedMove.model_validate(order.model_dump(mode="json")) == order
    assert order.key == f"transition:cafe:{facts(1).id}"


@pytest.mark.parametrize("bad", [{"account_id": "006000000000001AAA"}, {"new_csm_id": "Ada"}, {"extra": 1}])
def test_what_is_no_order_is_refused(bad):
    with pytest.raises(ValidationError):
        ApprovedMove.model_validate(ordered(facts(1)).model_dump() | bad)


def test_what_is_as_it_was_approved_goes_on():
    found = facts(1, opportunities=(OPEN_SALE,))
    assert refused(ordered(found), found) == ""


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (facts(1, opportunities=(OPEN_SALE,)), f"new: Opportunity {OPEN_SALE.id}"),
        (facts(1, cases=(ESCALATION,)), "escalated, Manual"),
        (None, "no such account"),
    ],
)
def test_what_was_added_or_is_gone_since_is_told_and_nothing_moves(now, told):
    assert told in refused(ordered(facts(1)), now)


def test_an_account_that_somebody_else_holds_by_now_is_told():
    assert "Ben" in refused(ordered(facts(1)), facts(1, csm=BEN))


@pytest.mark.parametrize(
    ("of_ada", "told"),
    [({"active": False}, "inactive"), ({"is_csm": False}, "not a CSM"), ({"lead": None}, "no team lead")],
)
def test_a_csm_who_can_take_nothing_any_more_is_told(of_ada, told):
    assert told in refused(ordered(facts(1)), facts(1), **of_ada)


def test_a_user_who_is_gone_is_told():
    order = ordered(facts(1))
    fault = matched_row(order, [])
    assert isinstance(fault, RowFault)
    assert ADA.id in changes_since_approval(order, facts(1), fault, TODAY, TERMS)


def test_an_account_at_risk_by_now_is_not_told_by_itself():
    order = ordered(facts(1), transfer=Transfer.AUTOMATED)
    assert "An automated transfer is not possible" in refused(order, facts(1, health="At Risk"))


def test_trn_10_a_move_that_broke_off_is_made_complete_whatever_has_changed_since():
    order = ordered(facts(1))
    assert refused(order, facts(1, csm=ADA, cases=(ESCALATION,)), begun=True) == ""


def test_trn_10_an_account_that_another_request_has_moved_to_the_same_csm_is_not_moved_a_second_time():
    assert refused(ordered(facts(1)), facts(1, csm=ADA)) == f"{ADA.name} is its CSM already"


def test_trn_10_a_move_that_began_and_whose_account_somebody_else_holds_by_now_is_told():
    assert "Ben" in refused(ordered(facts(1)), facts(1, csm=BEN), begun=True)


def test_trn_9_a_call_is_shown_by_the_clock_of_each_person():
    zones = {HANA.id: "Europe/London"}
    call = Appointment(start=datetime(2026, 12, 2, 15, tzinfo=UTC), host_id=HANA.id, zones=zones)
    assert call.by_clocks([HANA, ADA], ZoneInfo("America/New_York")) == (
        "Wednesday, 2026-12-02 at 15:00 (Europe/London) for Hana; "
        "Wednesday, 2026-12-02 at 10:00 (America/New_York) for Ada"
    )
    none = Appointment(start=None, host_id=HANA.id, why_not="nobody is free")
    assert none.by_clocks([HANA, ADA], ZoneInfo("America/New_York")) == ""
