"""What somebody asks for, and what became of a publication: verified and asked, never guessed (PUB-3, PUB-7)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import Responsible
from rules.common.text import normalize
from rules.publications.review import name_taken
from rules.publications.steps import done
from tests.rules.builders.publication_clients import (
    COMPANY,
    DAY,
    TODAY,
    agreement,
    applied,
    asked,
    client,
    clients,
    lms,
    planned,
    publication,
    steps,
)

NORTH = client(agreement("North"))
OLD_TOPIC = "publication old"


def questions(plan):
    assert plan.steps == ()
    assert {(one.who, one.field, one.rule) for one in plan.problems} == {(Responsible.SALES, "Publications", "PUB-7")}
    return {one.topic: [(choice.value, choice.label) for choice in one.choices] for one in plan.problems}


# --- new names


def test_pub_7_a_name_that_is_gone_beside_one_that_is_new_is_asked_of_sales_with_every_choice():
    whose = client(agreement("North", "South"))
    asked_of_sales = questions(planned(whose, publication("Old", 7001), publication("Older", 7002)))
    new = [("renamed to north", "Renamed to North"), ("renamed to south", "Renamed to South")]
    assert asked_of_sales == {
        "publication old": [*new, ("ended", "Old has ended")],
        "publication older": [*new, ("ended", "Older has ended")],
    }


def test_pub_7_a_chosen_name_renames_and_what_ended_is_deactivated():
    whose = client(agreement("North", "South"))
    there = (publication("Old", 7001, details={}), publication("Older", 7002))
    chosen = {"publication old": "renamed to north", "publication older": "ended"}
    plan = planned(whose, *there, chosen=chosen)
    assert steps(plan) == [("rename", "North"), ("update", "North"), ("set up", "South"), ("deactivate", "Older")]
    assert plan.steps[0].there.id == plan.steps[1].there.id == "7001"
    (change,) = plan.steps[0].changes
    assert (change.field, change.before, change.after, change.rule) == ("Publication Name", "Old", "North", "PUB-5")


def test_pub_7_what_is_left_is_asked_as_long_as_a_new_name_is_left():
    whose, there = client(agreement("North", "South")), (publication("Old"), publication("Older", 7002))
    first = planned(whose, *there, chosen={"publication old": "renamed to north"})
    assert list(questions(first)) == ["publication older"]
    assert questions(first)["publication older"][0] == ("renamed to south", "Renamed to South")
    # Once no name is left, the other one can only have ended.
    only = planned(NORTH, *there, chosen={"publication old": "renamed to north"})
    assert steps(only) == [("rename", "North"), ("deactivate", "Older")]


def test_pub_7_two_publications_are_not_given_one_name():
    whose, there = client(agreement("North", "South")), (publication("Old"), publication("Older", 7002))
    both = {"publication old": "renamed to north", "publication older": "renamed to north"}
    assert list(questions(planned(whose, *there, chosen=both))) == ["publication older"]


def test_pub_7_a_choice_that_no_longer_fits_is_asked_again():
    assert list(questions(planned(NORTH, publication("Old"), chosen={OLD_TOPIC: "renamed to south"}))) == [OLD_TOPIC]


def test_pub_5_what_is_only_gone_or_only_new_needs_no_question():
    assert ("deactivate", "Old") in steps(planned(NORTH, publication("North"), publication("Old", 7002)))
    assert steps(planned(NORTH)) == [("set up", "North")]


def test_pub_7_a_contract_that_lists_nothing_ends_nothing_before_sales_say_so():
    bare, there = client(agreement()), (publication("Old"), publication("Older", 7002))
    plan = planned(bare, *there)
    assert (steps(plan), list(questions(plan))) == ([], ["publications that no contract lists"])
    chosen = {"publications that no contract lists": "ended"}
    assert steps(planned(bare, *there, chosen=chosen)) == [("deactivate", "Old"), ("deactivate", "Older")]
    assert steps(planned(bare, publication("Old"), request=asked("deactivate", "Old"))) == [("deactivate", "Old")]


@pytest.mark.parametrize("state", [{"status": "inactive"}, {"status": "scheduled", "last_day": TODAY}])
def test_pub_7_what_has_ended_is_no_candidate_for_a_new_name(state):
    assert steps(planned(NORTH, publication("Old", **state))) == [("set up", "North")]


def test_pub_7_many_are_asked_about_a_message_at_a_time():
    whose = client(agreement(*(f"New {number}" for number in range(200))))
    there = [publication(f"Old {number}", 7001 + number) for number in range(200)]
    asked_of_sales = questions(planned(whose, *there))
    assert len(asked_of_sales) == 20
    assert {len(choices) for choices in asked_of_sales.values()} == {24}


@given(clients(), lms(), st.data())
def test_pub_7_nothing_is_renamed_but_by_a_decision(whose, there, data):
    plan = planned(whose, *there)
    assert "rename" not in {step.action for step in plan.steps}
    chosen = {one.topic: data.draw(st.sampled_from(one.choices)).value for one in plan.problems}
    plan = planned(whose, *there, chosen=chosen)
    for step in plan.steps:
        if step.action == "rename":
            assert chosen[f"publication {normalize(step.there.name)}"] == f"renamed to {normalize(step.name)}"


@given(clients(), lms(), st.data())
def test_pub_7_once_everything_is_decided_one_run_is_enough(whose, there, data):
    chosen = {}
    while (plan := planned(whose, *there, chosen=chosen)).problems:
        chosen |= {one.topic: data.draw(st.sampled_from(one.choices)).value for one in plan.problems[:1]}
        others = {one.topic: "ended" for one in plan.problems[1:]}
        chosen = others | chosen
    again = planned(whose, *applied(plan, there), chosen=chosen)
    assert (again.steps, again.problems) == ((), ())


# --- requests


@pytest.mark.parametrize("action", ["set up", "update", "reactivate"])
def test_pub_3_a_request_for_what_no_contract_lists_is_asked_of_sales_and_nothing_is_done(action):
    plan = planned(NORTH, publication("Gone", 7002), request=asked(action, "South"))
    (problem,) = plan.problems
    assert plan.steps == ()
    assert (problem.who, problem.record, problem.record_id) == (Responsible.SALES, "Contract", NORTH.agreements[0].id)
    assert (problem.field, problem.found, problem.rule) == ("Publications", "North", "PUB-3")
    assert f"cancel the request to {action} South" in problem.expected
    assert planned(client(agreement("North", "South")), request=asked(action, "south ")).problems == ()


def test_pub_3_a_request_for_what_only_a_later_contract_lists_does_not_fit_yet():
    whose = client(agreement("North"), agreement("South", number="00000102", start=TODAY + DAY))
    assert len(planned(whose, request=asked("set up", "South")).problems) == 1


def test_pub_3_the_end_of_what_a_contract_lists_is_asked_of_sales():
    plan = planned(NORTH, publication("North"), request=asked("deactivate", "North"))
    assert [(one.found, one.rule) for one in plan.problems] == [("North", "PUB-3")]
    assert plan.steps == ()


def test_pub_3_a_request_without_a_contract_in_force_names_the_latest_contract_or_the_account():
    over = client(agreement("North", end=TODAY - DAY))
    (problem,) = planned(over, request=asked("set up", "North")).problems
    assert (problem.record, problem.found) == ("Contract", "empty")
    (problem,) = planned(client(), request=asked("set up", "North")).problems
    assert problem.record == "Account"


def test_pub_3_a_rename_that_fits_renames_without_a_question():
    plan = planned(NORTH, publication("Old"), request=asked("rename", "OLD", "North"))
    assert steps(plan) == [("rename", "North")]


def test_pub_5_a_publication_that_is_inactive_is_renamed_and_reactivated():
    plan = planned(NORTH, publication("Old", status="inactive"), request=asked("rename", "Old", "North"))
    assert steps(plan) == [("rename", "North"), ("reactivate", "North")]


@pytest.mark.parametrize(
    ("listed", "there", "told"),
    [
        (("Old",), ("Old",), "Have the contract list North instead of Old"),
        (("Old", "North"), ("Old",), "Have the contract list North instead of Old"),
        ((), ("Old",), "Have the contract list North instead of Old"),
        (("North",), ("Else",), "Ask again with the name that the LMS has"),
        (("North",), ("Old", "North"), "Ask for the end of Old"),
    ],
)
def test_pub_3_a_rename_that_does_not_fit_is_asked_of_sales(listed, there, told):
    publications = [publication(name, 7001 + number) for number, name in enumerate(there)]
    plan = planned(client(agreement(*listed)), *publications, request=asked("rename", "Old", "North"))
    (problem,) = plan.problems
    assert told in problem.expected
    assert "cancel the request to rename Old to North" in problem.expected


def test_pub_7_a_request_settles_what_would_be_asked():
    there = (publication("Old"), publication("Gone", 7002))
    whose = client(agreement("North"))
    assert list(questions(planned(whose, *there))) == ["publication gone", "publication old"]
    plan = planned(whose, *there, request=asked("rename", "Old", "North"))
    assert steps(plan) == [("rename", "North"), ("deactivate", "Gone")]
    plan = planned(whose, there[1], request=asked("deactivate", "Gone"))
    assert steps(plan) == [("set up", "North"), ("deactivate", "Gone")]
    plan = planned(whose, there[1], request=asked("set up", "North"))
    assert steps(plan) == [("set up", "North"), ("deactivate", "Gone")]


@pytest.mark.parametrize(
    ("request_", "there"),
    [
        (asked("set up", "North"), publication("North")),
        (asked("update", "North"), publication("North")),
        (asked("reactivate", "North"), publication("North")),
        (asked("deactivate", "Old"), publication("North")),
        (asked("rename", "Old", "North"), publication("North")),
    ],
)
def test_pub_3_a_request_that_is_already_true_does_nothing_and_says_so(request_, there):
    plan = planned(NORTH, there, request=request_)
    assert (plan.steps, plan.problems) == ((), ())
    assert plan.remarks == (f"Asked to {request_}: that is so already.",)


def test_pub_3_a_request_does_not_keep_the_rest_from_being_done():
    plan = planned(client(agreement("North", "South")), publication("North"), request=asked("update", "North"))
    assert steps(plan) == [("set up", "South")]
    assert plan.remarks == ("Asked to update North: that is so already.",)


def test_the_changes_of_a_plan_are_those_of_its_steps_in_their_order():
    plan = planned(client(agreement("North", "South")), publication("Old"), chosen={OLD_TOPIC: "renamed to north"})
    assert [change.field for change in plan.changes] == [
        *("Publication Name", "Organization Name", "Publication Name", "Details of South"),
    ]
    assert done(plan.steps) == "1 set up, 1 renamed"


@pytest.mark.parametrize(
    ("known", "there", "found"),
    [
        ("77", None, "77, which the LMS does not know"),
        ("77", COMPANY, f"77, but this account's company is {COMPANY.id}"),
        (COMPANY.id, replace(COMPANY, account_id="001000000000009AAA"), f"{COMPANY.id}, the company of account"),
        (None, replace(COMPANY, account_id="001000000000009AAA"), f"{COMPANY.id}, the company of account"),
    ],
)
def test_pub_3_a_company_that_is_not_the_clients_is_asked_of_cs_operations(known, there, found):
    plan = planned(replace(NORTH, lms_company_id=known), company=there)
    (problem,) = plan.problems
    assert (problem.who, problem.field, problem.rule) == (Responsible.CS_OPS, "LMS Company Id", "PUB-3")
    assert problem.found.startswith(found)


@pytest.mark.parametrize(("contract_id", "record"), [("800000000000101AAA", "Contract"), ("", "Account")])
def test_pub_7_a_name_of_another_companys_publication_is_asked_of_sales(contract_id, record):
    problem = name_taken(NORTH.id, contract_id, "North", NORTH.name)
    assert (problem.who, problem.record, problem.record_id) == (Responsible.SALES, record, contract_id or NORTH.id)
    assert (problem.field, problem.rule, problem.topic) == ("Publications", "PUB-7", "name north")
