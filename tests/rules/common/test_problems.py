"""Who is asked about problems, and what the state of the run is called."""

import pytest

from rules.common.problems import HumanInputRequired, NobodyAskedError, Responsible, asked, to_settle, unreported
from tests.rules.builders.questions import problem, unknown

LEAD_PROBLEM = problem(who=Responsible.TEAM_LEAD)


@pytest.mark.parametrize(
    ("problems", "people", "state"),
    [
        ([problem()], [Responsible.SALES], "Needs sales"),
        ([LEAD_PROBLEM, unknown()], [Responsible.CS_OPS, Responsible.TEAM_LEAD], "Needs CS Operations"),
        ([LEAD_PROBLEM, LEAD_PROBLEM], [Responsible.TEAM_LEAD], "Needs the team lead"),
        ([unknown(), problem()], [Responsible.SALES, Responsible.CS_OPS], "Needs sales"),
    ],
)
def test_people_are_asked_in_one_order_and_the_state_names_the_first(problems, people, state):
    assert asked(problems) == people
    assert HumanInputRequired(problems).state_name == state


def test_the_error_shows_every_problem_and_who_must_act():
    error = HumanInputRequired([problem(), unknown()])
    assert error.problems == (problem(), unknown())
    assert str(error) == f"[sales] {problem()} [CS Operations] {unknown()}"


def test_a_question_that_reached_nobody_shows_why_and_what_is_open():
    error = NobodyAskedError("Slack has no channel #sales", [problem()])
    assert error.state_name == "Question not posted"
    assert "Slack has no channel #sales" in str(error)
    assert str(problem()) in str(error)


def test_the_record_is_named_once():
    own, other = problem("Contract End Date"), problem("User Count")
    assert (own.label, own.heading) == ("Contract End Date", "Contract End Date")
    assert (other.label, other.heading) == ("Contract User Count", "Contract: User Count")
    assert str(own).startswith(f"{own.record_id}: Contract End Date is empty.")
    assert str(other).startswith(f"Contract {other.record_id}: User Count is empty.")


def test_d_4_people_press_check_again_after_changes_that_salesforce_does_not_report():
    reported = [problem(), problem("Stage", record="Opportunity"), problem("Phone", record="Contact")]
    others = [
        problem("Primary Contact", record="Opportunity"),
        problem("Onboarding Report", record="Opportunity"),
        problem("Manager", record="User"),
        problem("State", record="Recurly subscription"),
    ]
    assert all(one.is_reported for one in reported)
    assert not any(one.is_reported for one in others)
    assert unreported(reported) == ""
    assert (
        unreported([*reported, *others[:2], others[0]])
        == "Opportunity Primary Contact and Opportunity Onboarding Report"
    )


def test_a_preview_names_every_problem_with_who_would_be_asked():
    ours = problem()
    assert to_settle([ours, LEAD_PROBLEM]) == f"To settle first: [sales] {ours} [the team lead] {LEAD_PROBLEM}"
    assert to_settle([]) == ""
