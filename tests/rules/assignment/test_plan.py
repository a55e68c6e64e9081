"""CSM-1 to CSM-4: who looks after an account, and every field that says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.assignment.availability import Absence
from rules.assignment.plan import Assignment, Unsettled
from rules.common.problems import Responsible
from tests.rules.builders.csms import HAND_OVER, LEAD, MID_MARKET, csm, user_id
from tests.rules.builders.snapshots import (
    ACCOUNT,
    AT,
    GONE,
    OTHER_LEAD,
    SALE,
    assigned,
    in_words,
    plan,
    sold,
    standing,
    standings,
)

ANA = csm("Ana Diaz", 1, accounts=15, mrr=Decimal(24_000))
BO = csm("Bo Li", 2, accounts=6, mrr=Decimal(12_000))
ANAS, BOS, LEADS = (f"{one.name} ({one.id})" for one in (ANA.person, BO.person, LEAD))
GONES = f"{GONE.name} ({GONE.id})"
CSM, LEADER = "Customer Success Manager", "Customer Success Manager Leader"
CSM_NEW, MANAGER_NEW, LEADER_NEW = f"{CSM} (NEW)", "Customer Onboarding Manager (NEW)", f"{LEADER} (NEW)"
YESTERDAY = AT - timedelta(days=1)

since = st.none() | st.integers(-4, 0).map(lambda days: AT + timedelta(days))


def test_csm_3_csm_4_an_account_without_a_csm_gets_one_and_every_field_says_so():
    made = plan(standing(ANA, BO))
    assert (made.csm, made.lead, made.kept, made.assigned_on) == (BO.person, LEAD, False, AT)
    assert (made.segment, made.mrr, made.choice.chosen.csm) == (MID_MARKET, 1_200, BO)
    assert in_words(made) == [
        (ACCOUNT, CSM, "", BOS, "CSM-3"),
        (ACCOUNT, LEADER, "", LEADS, "CSM-3"),
        (ACCOUNT, "CS Segmentation", "", "Mid-Market", "CSM-3"),
        (ACCOUNT, "CSM Assigned On", "", "2026-06-15", "CSM-1"),
        (SALE, CSM_NEW, "", BOS, "CSM-4"),
        (SALE, MANAGER_NEW, "", BOS, "CSM-4"),
        (SALE, LEADER_NEW, "", LEADS, "CSM-4"),
    ]
    bo, lead = BO.person.id, LEAD.id
    day = "2026-06-15T14:30:12Z"
    assert [change.written for change in made.changes] == [bo, lead, "Mid-Market", day, bo, bo, lead]
    assert {change.system for change in made.changes} == {"Salesforce"}


def test_csm_3_an_account_without_a_sale_is_assigned_alone():
    made = plan(standing(BO, opportunity=None))
    assert [line[1] for line in in_words(made)] == [CSM, LEADER, "CS Segmentation", "CSM Assigned On"]


# --- who has a CSM keeps it


def test_an_active_csm_stays_though_another_has_a_lighter_book_and_the_sale_is_completed():
    made = plan(standing(ANA, BO, csm=ANA.person, lead=LEAD, segmentation="SMB", assigned_on=YESTERDAY))
    assert (made.csm, made.lead, made.kept, made.choice, made.assigned_on) == (
        ANA.person,
        LEAD,
        True,
        None,
        YESTERDAY,
    )
    assert in_words(made) == [
        (SALE, CSM_NEW, "", ANAS, "CSM-4"),
        (SALE, MANAGER_NEW, "", ANAS, "CSM-4"),
        (SALE, LEADER_NEW, "", LEADS, "CSM-4"),
    ]


def test_a_csm_who_stays_needs_not_be_available():
    on_leave = replace(ANA, absences=(Absence(HAND_OVER.start, None),), segments=())
    made = plan(standing(on_leave, BO, csm=ANA.person, lead=LEAD))
    assert (made.csm, made.kept) == (ANA.person, True)


def test_what_a_kept_account_and_its_sale_lack_is_entered_and_what_they_name_stays():
    full = sold(csm=BO.person, onboarding_manager=ANA.person, lead=OTHER_LEAD)
    held = standing(ANA, BO, csm=ANA.person, lead=OTHER_LEAD, segmentation="Enterprise", opportunity=full)
    assert plan(held).changes == ()
    bare = standing(ANA, BO, csm=ANA.person, opportunity=full)
    assert in_words(plan(bare)) == [
        (ACCOUNT, LEADER, "", LEADS, "CSM-3"),
        (ACCOUNT, "CS Segmentation", "", "Mid-Market", "CSM-3"),
    ]


def test_csm_4_whoever_left_is_replaced_on_the_sale_of_an_account_whose_csm_stays():
    left = sold(csm=GONE, onboarding_manager=replace(BO.person, id=user_id(3)), lead=OTHER_LEAD)
    away = replace(csm("Cy Young", 3), active=False)
    made = plan(standing(ANA, away, csm=ANA.person, lead=LEAD, segmentation="SMB", opportunity=left))
    assert in_words(made) == [
        (SALE, CSM_NEW, GONES, ANAS, "CSM-4"),
        (SALE, MANAGER_NEW, f"Bo Li ({user_id(3)})", ANAS, "CSM-4"),
    ]


@pytest.mark.parametrize(
    ("team", "holder"),
    [
        pytest.param((replace(ANA, active=False), BO), ANA.person, id="the user is inactive"),
        pytest.param((BO,), GONE, id="no longer with the role of a CSM"),
    ],
)
def test_csm_2_a_csm_who_left_is_replaced_and_so_is_the_lead(team, holder):
    made = plan(standing(*team, csm=holder, lead=OTHER_LEAD, segmentation="Mid-Market", assigned_on=YESTERDAY))
    before = f"{holder.name} ({holder.id})"
    assert (made.csm, made.kept, made.assigned_on) == (BO.person, False, AT)
    assert in_words(made)[:2] == [
        (ACCOUNT, CSM, before, BOS, "CSM-3"),
        (ACCOUNT, LEADER, f"Otto Lead ({OTHER_LEAD.id})", LEADS, "CSM-3"),
    ]


def test_a_csm_whom_a_person_entered_on_the_sale_becomes_the_accounts():
    made = plan(standing(ANA, BO, opportunity=sold(csm=ANA.person)))
    assert (made.csm, made.kept) == (ANA.person, True)
    assert in_words(made) == [
        (ACCOUNT, CSM, "", ANAS, "CSM-3"),
        (ACCOUNT, LEADER, "", LEADS, "CSM-3"),
        (ACCOUNT, "CS Segmentation", "", "Mid-Market", "CSM-3"),
        (ACCOUNT, "CSM Assigned On", "", "2026-06-15", "CSM-1"),
        (SALE, MANAGER_NEW, "", ANAS, "CSM-4"),
        (SALE, LEADER_NEW, "", LEADS, "CSM-4"),
    ]


def test_csm_3_a_csm_entered_on_the_sale_takes_the_place_of_one_who_left_the_account():
    made = plan(standing(ANA, BO, csm=GONE, lead=OTHER_LEAD, opportunity=sold(csm=ANA.person)))
    assert in_words(made)[:2] == [
        (ACCOUNT, CSM, GONES, ANAS, "CSM-3"),
        (ACCOUNT, LEADER, f"Otto Lead ({OTHER_LEAD.id})", LEADS, "CSM-3"),
    ]


def test_the_accounts_own_active_csm_comes_before_the_one_on_the_sale():
    assert plan(standing(ANA, BO, csm=BO.person, opportunity=sold(csm=ANA.person))).csm == BO.person


@pytest.mark.parametrize(
    ("assigned_on", "kept"),
    [
        pytest.param(datetime(2026, 6, 15, 9, 0, 1, tzinfo=UTC), True, id="afterwards: this run, before, did it"),
        pytest.param(
            datetime(2026, 6, 15, 9, 0, 0, tzinfo=UTC), True, id="within the second, which is all that is kept"
        ),
        pytest.param(datetime(2026, 6, 15, 8, 59, 59, tzinfo=UTC), False, id="before"),
        pytest.param(None, False, id="nobody knows when"),
    ],
)
def test_reassigning_chooses_anew_unless_that_was_done_since(assigned_on, kept):
    asked = datetime(2026, 6, 15, 9, 0, 0, 700_000, tzinfo=UTC)
    made = plan(standing(ANA, BO, csm=ANA.person, lead=LEAD, assigned_on=assigned_on), asked)
    assert (made.csm, made.kept) == ((ANA.person, True) if kept else (BO.person, False))


def test_reassigning_overrules_what_a_person_entered_on_the_sale():
    made = plan(standing(ANA, BO, opportunity=sold(csm=ANA.person)), YESTERDAY)
    assert (made.csm, made.kept) == (BO.person, False)
    assert (SALE, CSM_NEW, ANAS, BOS, "CSM-4") in in_words(made)


# --- a kept CSM without a team lead

LEADERLESS = replace(ANA, lead=None)


def test_csm_3_the_lead_whom_the_account_names_stands_in_for_a_manager_the_csm_lacks():
    made = plan(standing(LEADERLESS, BO, csm=ANA.person, lead=OTHER_LEAD, segmentation="SMB"))
    assert (made.csm, made.lead) == (ANA.person, OTHER_LEAD)
    assert in_words(made)[-1] == (SALE, LEADER_NEW, "", f"Otto Lead ({OTHER_LEAD.id})", "CSM-4")


@pytest.mark.parametrize(
    "stands",
    [
        pytest.param(standing(LEADERLESS, csm=ANA.person), id="no lead anywhere"),
        pytest.param(
            standing(LEADERLESS, csm=GONE, lead=OTHER_LEAD, opportunity=sold(csm=ANA.person)), id="another CSM's lead"
        ),
    ],
)
def test_csm_3_a_kept_csm_without_any_lead_is_asked_about_at_cs_operations(stands):
    made = plan(stands)
    assert isinstance(made, Unsettled)
    (problem,) = made.problems
    assert (problem.who, problem.record, problem.record_id, problem.field, problem.rule) == (
        Responsible.CS_OPS,
        "User",
        ANA.person.id,
        "Manager",
        "CSM-3",
    )
    assert "Ana Diaz" in problem.expected


# --- the fields of account and sale are aligned with the account's CSM (REC-2)


def test_rec_2_aligning_replaces_other_csms_and_leaders_on_account_and_sale():
    full = sold(csm=BO.person, onboarding_manager=GONE, lead=None)
    stands = standing(
        ANA, BO, csm=ANA.person, lead=OTHER_LEAD, segmentation="Enterprise", assigned_on=YESTERDAY, opportunity=full
    )
    made = plan(stands, align=True)
    assert (made.csm, made.lead, made.kept, made.assigned_on) == (ANA.person, LEAD, True, YESTERDAY)
    assert in_words(made) == [
        (ACCOUNT, LEADER, f"Otto Lead ({OTHER_LEAD.id})", LEADS, "CSM-3"),
        (SALE, CSM_NEW, BOS, ANAS, "CSM-4"),
        (SALE, MANAGER_NEW, GONES, ANAS, "CSM-4"),
        (SALE, LEADER_NEW, "", LEADS, "CSM-4"),
    ]


def test_rec_2_aligning_an_account_without_a_sale_changes_the_account_alone():
    made = plan(standing(ANA, csm=ANA.person, lead=OTHER_LEAD, segmentation="SMB", opportunity=None), align=True)
    assert [line[:2] for line in in_words(made)] == [(ACCOUNT, LEADER)]


def test_rec_2_aligning_asks_for_the_team_lead_whom_the_csm_lacks_also_if_the_account_names_one():
    made = plan(standing(LEADERLESS, BO, csm=ANA.person, lead=OTHER_LEAD), align=True)
    assert isinstance(made, Unsettled)
    assert [(problem.record_id, problem.field) for problem in made.problems] == [(ANA.person.id, "Manager")]


def test_rec_2_aligning_an_account_without_an_active_csm_assigns_one():
    stands = standing(ANA, BO, csm=GONE, lead=OTHER_LEAD)
    assert plan(stands, align=True) == plan(stands)


@given(standings())
def test_rec_2_afterwards_account_and_sale_name_one_csm_and_that_csms_lead(stands):
    made = plan(stands, align=True)
    if isinstance(made, Unsettled):
        return
    after = assigned(stands, made.changes)
    lead = next(one.lead for one in stands.csms if one.person.id == made.csm.id)
    holders = [after.account, *([after.opportunity] if after.opportunity else [])]
    assert {(one.csm.id, one.lead.id) for one in holders} == {(made.csm.id, lead.id)}
    assert after.opportunity is None or after.opportunity.onboarding_manager.id == made.csm.id


# --- whatever stands


@given(standings(), since)
def test_writing_the_changes_leaves_nothing_to_do_and_the_csm_where_it_is(stands, asked):
    made = plan(stands, asked)
    if isinstance(made, Unsettled):
        return
    again = plan(assigned(stands, made.changes), asked)
    assert isinstance(again, Assignment)
    assert again.changes == ()
    assert (again.csm.id, again.kept) == (made.csm.id, True)


@given(standings(), since)
def test_csm_2_where_people_must_settle_something_nothing_changes(stands, asked):
    made = plan(stands, asked)
    assert isinstance(made, Assignment) or (made.changes == () and len(made.problems) > 0)


@given(standings(), since)
def test_every_change_is_one_and_of_this_customer(stands, asked):
    made = plan(stands, asked)
    fields = [(change.record, change.field) for change in made.changes]
    assert len(set(fields)) == len(fields)
    assert {record for record, _ in fields} <= {ACCOUNT, SALE}
    assert all(change.before != change.after for change in made.changes)


@given(standings())
def test_an_account_with_an_active_csm_keeps_it(stands):
    active = {one.person.id: one for one in stands.csms if one.active}
    holder = stands.account.csm
    made = plan(stands)
    if holder and holder.id in active and (active[holder.id].lead or stands.account.lead):
        assert (made.csm.id, made.kept) == (holder.id, True)
        assert (ACCOUNT, CSM) not in [line[:2] for line in in_words(made)]


@given(standings(), since)
def test_csm_3_csm_4_afterwards_account_and_sale_name_an_active_csm_and_a_lead(stands, asked):
    made = plan(stands, asked)
    if isinstance(made, Unsettled):
        return
    after = assigned(stands, made.changes)
    active = {one.person.id for one in stands.csms if one.active}
    assert after.account.csm.id == made.csm.id
    assert after.account.lead is not None
    if after.opportunity:
        assert {after.opportunity.csm.id, after.opportunity.onboarding_manager.id, made.csm.id} <= active
        assert after.opportunity.lead is not None


def test_a_preview_lists_the_remarks_and_what_stands_in_the_way():
    kept = plan(standing(ANA, csm=ANA.person, mrr=None))
    assert kept.preview_remarks[:-1] == kept.remarks != ()
    assert kept.preview_remarks[-1].startswith(f"{kept.csm.name} stays: the account has an active CSM.")
    nobody = plan(standing(mrr=None))
    assert nobody.preview_remarks == nobody.remarks


def test_csm_3_a_segmentation_that_stands_is_not_written_again():
    made = plan(standing(BO, segmentation="Mid-Market"))
    assert "CS Segmentation" not in [change.field for change in made.changes]


def test_csm_3_a_csm_who_stays_is_entered_on_the_account_alone_when_no_sale_is_onboarded():
    made = plan(standing(ANA, csm=ANA.person, lead=None, opportunity=None))
    assert (made.kept, {change.record for change in made.changes}) == (True, {ACCOUNT})


def chosen_again(assigned_on):
    made = plan(standing(ANA, csm=ANA.person, assigned_on=assigned_on), AT + timedelta(days=1))
    (when,) = [change for change in made.changes if change.field == "CSM Assigned On"]
    return made, when


def test_a_csm_who_is_chosen_again_stays_and_the_earlier_date_is_shown():
    made, when = chosen_again(AT - timedelta(days=3))
    assert (made.stays, made.kept) == (True, False)
    assert made.preview_remarks[-1].startswith(f"{ANA.person.name} stays: no available CSM has a lighter book")
    assert (when.before, when.after) == ("2026-06-12", "2026-06-15")


def test_two_assignments_on_one_day_are_told_apart_by_the_time():
    _, when = chosen_again(AT - timedelta(minutes=1))
    assert when.before != when.after
    assert when.before.endswith(" UTC")


def test_an_assignment_at_the_very_second_of_the_earlier_one_is_not_written_again():
    made = plan(standing(ANA, csm=GONE, assigned_on=AT))
    assert made.csm == ANA.person
    assert "CSM Assigned On" not in [change.field for change in made.changes]


@pytest.mark.parametrize(("earlier", "since"), [(-1, False), (0, True), (1, True)])
def test_whoever_was_assigned_in_the_second_of_a_moment_was_assigned_since(earlier, since):
    made = plan(standing(ANA, csm=ANA.person, assigned_on=AT + timedelta(seconds=earlier)))
    assert made.kept
    assert made.is_since(AT + timedelta(milliseconds=300)) is since


def test_an_account_without_a_csm_gets_one_who_does_not_stay():
    made = plan(standing(ANA))
    assert not made.stays
    assert made.preview_remarks == made.remarks
