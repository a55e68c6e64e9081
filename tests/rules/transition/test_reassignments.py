"""What goes into new hands with an account (TRN-10)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.common.records import Person
from rules.transition.account_facts import AccountFacts, AccountOpportunity, Case, CrmTask
from rules.transition.reassignments import Handover, changes, not_reassigned, ownership_fields

TODAY = date(2026, 12, 1)
AT = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
CREDIT = timedelta(days=90)
HANA, ADA, TARA, SUE = (
    Person(f"00500000000000{number}AAA", name, None) for number, name in enumerate(("Hana", "Ada", "Tara", "Sue"), 1)
)
PEOPLE = {one.id: one for one in (HANA, ADA, TARA, SUE)}
HANDS = Handover(HANA, ADA, TARA)
ACCOUNT = "001000000000001AAA"


def facts(**more):
    bare = dict.fromkeys(
        ("health", "special_mentions", "mrr", "segmentation", "cs_status", "lms_company_id", "recurly_account_id")
    )
    return AccountFacts(ACCOUNT, "Acme", **({"csm": HANA, "lead": SUE} | bare | more))


def sale(number, stage="Proposal", *, days_ago=0, csm=HANA, manager=None, leader=SUE):
    ids = [person.id if person else None for person in (csm, manager, leader)]
    closed, won = stage.startswith("Closed"), stage == "Closed Won"
    close = TODAY - timedelta(days=days_ago)
    return AccountOpportunity(f"006-{number}", "Sale", "Expansion", stage, None, close, closed, won, *ids)


def case(number, owner, *, is_closed=False):
    return Case(f"500-{number}", "0001", "Support", "?", None, is_closed, TODAY, None, owner.id if owner else None)


def crm_task(number, owner, *, is_closed=False):
    return CrmTask(f"00T-{number}", "Call", "Call", TODAY, is_closed, owner.id if owner else None, None, ACCOUNT)


def taken(found):
    return {
        (owned.record, owned.field): owned.new_holder.name for owned in ownership_fields(found, HANDS, TODAY, CREDIT)
    }


def written(found, handover=HANDS):
    return [
        (one.record, one.field, one.before, one.written)
        for one in changes(ownership_fields(found, handover, TODAY, CREDIT), found, AT)
    ]


def test_trn_10_the_account_goes_with_leader_and_day():
    found = facts(assigned_on=datetime(2025, 3, 4, 14, 0, tzinfo=UTC))
    account = f"Account {ACCOUNT}"
    assert written(found) == [
        (account, "Customer Success Manager", f"Hana ({HANA.id})", ADA.id),
        (account, "Customer Success Manager Leader", f"Sue ({SUE.id})", TARA.id),
        (account, "CSM Assigned On", "2025-03-04T14:00:00Z", "2026-12-01T15:30:00Z"),
    ]


def test_trn_10_open_opportunities_and_credit_for_recent_sales_go_and_old_or_lost_ones_stay():
    found = facts(
        opportunities=(
            sale(1),
            sale(2, "Closed Won", days_ago=90),
            sale(3, "Closed Won", days_ago=91),
            sale(4, "Closed Lost", days_ago=1),
            sale(5, csm=None, leader=None),
        )
    )
    of_sales = {record for record, _ in taken(found) if record.startswith("Opportunity")}
    assert of_sales == {"Opportunity 006-1", "Opportunity 006-2", "Opportunity 006-5"}
    assert taken(found)["Opportunity 006-2", "Customer Success Manager (NEW)"] == "Ada"
    assert taken(found)["Opportunity 006-2", "Customer Success Manager Leader (NEW)"] == "Tara"


def test_trn_10_who_onboards_stays_unless_it_is_the_former_csm():
    found = facts(opportunities=(sale(1, manager=HANA), sale(2, manager=SUE), sale(3)))
    managers = {record for record, field in taken(found) if field == "Customer Onboarding Manager (NEW)"}
    assert managers == {"Opportunity 006-1"}


def test_trn_10_open_cases_and_tasks_of_the_former_csm_go_and_those_of_others_stay():
    found = facts(
        cases=(case(1, HANA), case(2, SUE), case(3, HANA, is_closed=True), case(4, None)),
        tasks=(crm_task(1, HANA), crm_task(2, SUE), crm_task(3, HANA, is_closed=True)),
    )
    assert {record for record, field in taken(found) if field == "Owner"} == {"Case 500-1", "Task 00T-1"}


def test_an_account_that_nobody_held_goes_too():
    handover = Handover(None, ADA, TARA)
    found = facts(csm=None, lead=None, cases=(case(1, SUE),))
    assert [(field, before) for _, field, before, _ in written(found, handover)] == [
        ("Customer Success Manager", ""),
        ("Customer Success Manager Leader", ""),
        ("CSM Assigned On", ""),
    ]


def test_the_day_of_the_assignment_stays_when_only_the_rest_is_to_be_made_up():
    found = facts(csm=ADA, lead=TARA, opportunities=(sale(1),))
    assert [field for _, field, _, _ in written(found)] == [
        "Customer Success Manager (NEW)",
        "Customer Success Manager Leader (NEW)",
    ]


def test_a_holder_whose_name_is_not_known_is_told_by_the_id():
    stranger = Person("005000000000009AAA", "Gone", None)
    found = facts(opportunities=(sale(1, csm=stranger),))
    (line,) = [one for one in written(found) if one[1] == "Customer Success Manager (NEW)"]
    assert line[2] == f"({stranger.id})"


HOLDERS = st.sampled_from([HANA, ADA, SUE, None])
STAGES = st.sampled_from(["Proposal", "Closed Won", "Closed Lost"])
ANY = st.builds(
    lambda csm, lead, sales, cases, tasks: facts(
        csm=csm,
        lead=lead,
        opportunities=tuple(sale(number, *one[:1], days_ago=one[1], csm=one[2], manager=one[3], leader=one[4])
                            for number, one in enumerate(sales)),
        cases=tuple(case(number, who, is_closed=closed) for number, (who, closed) in enumerate(cases)),
        tasks=tuple(crm_task(number, who, is_closed=closed) for number, (who, closed) in enumerate(tasks)),
    ),
    HOLDERS, HOLDERS,
    st.lists(st.tuples(STAGES, st.integers(0, 120), HOLDERS, HOLDERS, HOLDERS), max_size=4),
    st.lists(st.tuples(HOLDERS, st.booleans()), max_size=4),
    st.lists(st.tuples(HOLDERS, st.booleans()), max_size=4),
)  # fmt: skip


def moved(found, lines):
    """The account once the changes are written."""
    to = {(one.record, one.field): one.written for one in lines}

    def person(field, before):
        wanted = to.get((f"Account {ACCOUNT}", field))
        return PEOPLE[wanted] if wanted else before

    def sold(one):
        names = ("csm_id", "Customer Success Manager (NEW)"), ("manager_id", "Customer Onboarding Manager (NEW)")
        fields = (*names, ("leader_id", "Customer Success Manager Leader (NEW)"))
        return replace(
            one, **{name: to.get((f"Opportunity {one.id}", field), getattr(one, name)) for name, field in fields}
        )

    return replace(
        found,
        csm=person("Customer Success Manager", found.csm),
        lead=person("Customer Success Manager Leader", found.lead),
        opportunities=tuple(map(sold, found.opportunities)),
        cases=tuple(replace(one, owner_id=to.get((f"Case {one.id}", "Owner"), one.owner_id)) for one in found.cases),
        tasks=tuple(replace(one, owner_id=to.get((f"Task {one.id}", "Owner"), one.owner_id)) for one in found.tasks),
    )


@given(ANY)
def test_trn_10_after_the_changes_nothing_is_left_behind_and_a_second_move_changes_nothing(found):
    lines = changes(ownership_fields(found, HANDS, TODAY, CREDIT), found, AT)
    after = moved(found, lines)
    assert not_reassigned(ownership_fields(after, HANDS, TODAY, CREDIT)) == ()
    assert changes(ownership_fields(after, HANDS, TODAY, CREDIT), after, AT) == ()


@given(ANY)
def test_what_a_person_approves_is_the_same_before_and_after_the_move(found):
    lines = changes(ownership_fields(found, HANDS, TODAY, CREDIT), found, AT)
    names = [(owned.record, owned.field) for owned in ownership_fields(found, HANDS, TODAY, CREDIT)]
    assert names == [
        (owned.record, owned.field) for owned in ownership_fields(moved(found, lines), HANDS, TODAY, CREDIT)
    ]


def test_trn_9_the_former_csm_or_else_the_team_lead_hands_over_at_the_call():
    assert HANDS.at_call(HANA.id) == (HANA, ADA)
    assert HANDS.at_call(TARA.id) == (TARA, ADA)
    assert Handover(None, ADA, TARA).at_call(TARA.id) == (TARA, ADA)
