"""Repairs on request (REC-2): which runs start, and when CS Operations are asked first."""

from rules.reconciliation.drift import Repair
from rules.reconciliation.repair_plan import REPAIR_TOPIC, chosen_lines, needs_approval, plan_repairs
from tests.rules.reconciliation.lines import ACCOUNT, IDS, OTHER, RUN, USERS, decision, drift, line

THEIRS = Repair("entitlement/entitlement", {"account_id": OTHER})


def test_rec_2_the_open_offenders_of_the_sentence_are_chosen():
    lines = [line(), line(account=OTHER), line(IDS), line(found="5", decision=decision(drift()))]
    assert chosen_lines(lines, USERS.key, ()) == lines[:2]
    assert chosen_lines(lines, USERS.key, {OTHER}) == [lines[1]]


def test_rec_2_one_run_repairs_all_offenders_of_an_account():
    lines = [line(), line(field="Plan Amount", found="9.00"), line(account=OTHER, repair=THEIRS, name="Best")]
    first, second = plan_repairs(lines)
    assert (first.repair, first.lines, first.account_id, first.account) == (RUN, tuple(lines[:2]), ACCOUNT, "Acme")
    assert (second.repair, second.account) == (THEIRS, "Best")
    assert first.key != second.key


def test_rec_2_an_offender_for_people_starts_no_run():
    assert plan_repairs([line(repair=None)]) == ()


def test_rec_2_more_repairs_than_the_policy_allows_need_an_approval():
    repairs = plan_repairs([line(), line(account=OTHER, repair=THEIRS)])
    assert needs_approval(repairs, 2, {}) is None
    problem = needs_approval(repairs, 1, {})
    assert problem is not None
    assert (problem.topic, problem.found) == (f"{REPAIR_TOPIC} 2", "2 runs for 2 clients")
    assert [choice.value for choice in problem.choices] == ["2"]


def test_rec_2_an_approval_holds_for_as_many_as_were_shown():
    repairs = plan_repairs([line(), line(account=OTHER, repair=THEIRS)])
    chosen = {"product telehealth": "9", f"{REPAIR_TOPIC} 1": "1"}
    problem = needs_approval(repairs, 0, chosen)
    assert problem is not None
    assert needs_approval(repairs, 0, chosen | {problem.topic: problem.choices[0].value}) is None
    assert needs_approval(repairs[:1], 0, chosen) is None


def test_rec_2_a_larger_number_of_repairs_is_another_question():
    repairs = plan_repairs([line(), line(account=OTHER, repair=THEIRS)])
    one, two = needs_approval(repairs[:1], 0, {}), needs_approval(repairs, 0, {})
    assert one is not None
    assert two is not None
    assert one.identity != two.identity
