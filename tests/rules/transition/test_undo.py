"""Giving an account back, by what the audit says."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rules.common.records import Change
from rules.transition.undo import (
    AuditedChange,
    Leftovers,
    Reversal,
    acquired_since,
    changed_anything,
    changes_of_run,
    discrepancies_after_undo,
    going_back,
    outcome,
    plan_reversal,
    prospects_added,
    sequences_begun,
)
from tests.rules.builders.moves import ADA as ADA_NOVAK
from tests.rules.builders.moves import ESCALATION, facts

ACCOUNT, CASE = "Account 001000000000001AAA", "Case 500000000000001AAA"
CSM, ON, OWNER = "Customer Success Manager", "CSM Assigned On", "Owner"
HANA, ADA, BEN = (f"00500000000000{number}AAA" for number in (1, 2, 3))
RUN, OTHER = "http://prefect/runs/1", "http://prefect/runs/2"


def line(record, field, before, after, run=RUN, *, rule="TRN-10"):
    return {
        "system": "Salesforce",
        "record": record,
        "field": field,
        "before": before,
        "after": after,
        "rule": rule,
        "run": run,
    }


def test_a_run_without_a_line_wrote_nothing():
    assert changed_anything([line(ACCOUNT, "File", "", "Checklist", rule="TRN-8")], RUN)
    assert not changed_anything([line(ACCOUNT, CSM, f"Hana ({HANA})", f"Ada ({ADA})", OTHER)], RUN)


def test_only_what_that_run_took_is_given_back_and_each_field_once():
    lines = [
        line(ACCOUNT, CSM, f"Ben ({BEN})", f"Hana ({HANA})", OTHER),
        line(ACCOUNT, CSM, f"Hana ({HANA})", f"Ada ({ADA})"),
        line(ACCOUNT, "File", "", "Checklist", rule="TRN-8"),
        line(CASE, OWNER, f"Hana ({HANA})", f"Ben ({BEN})"),
        line(CASE, OWNER, f"Ben ({BEN})", f"Ada ({ADA})"),
    ]
    assert changes_of_run(lines, RUN) == (
        AuditedChange("Salesforce", ACCOUNT, CSM, f"Hana ({HANA})", f"Ada ({ADA})"),
        AuditedChange("Salesforce", CASE, OWNER, f"Hana ({HANA})", f"Ada ({ADA})"),
    )


def test_what_still_is_as_it_was_written_gets_its_former_value_and_what_was_changed_since_stays():
    found = [
        AuditedChange("Salesforce", ACCOUNT, CSM, f"Hana ({HANA})", f"Ada ({ADA})"),
        AuditedChange("Salesforce", ACCOUNT, ON, "2025-03-04T14:00:00Z", "2026-12-01T15:30:00Z"),
        AuditedChange("Salesforce", CASE, OWNER, f"Hana ({HANA})", f"Ada ({ADA})"),
        AuditedChange("Salesforce", "Task 00T000000000001AAA", OWNER, f"Hana ({HANA})", f"Ada ({ADA})"),
    ]
    present = {(ACCOUNT, CSM): ADA, (ACCOUNT, ON): "2026-12-01T15:30:00Z", (CASE, OWNER): BEN}
    back = plan_reversal(found, present)
    assert [(one.record, one.field, one.written) for one in back.changes] == [
        (ACCOUNT, CSM, HANA),
        (ACCOUNT, ON, "2025-03-04T14:00:00Z"),
    ]
    assert back.kept == (
        f"{CASE}: {OWNER} was changed after the move and is kept.",
        "Task 00T000000000001AAA was deleted.",
    )


def test_what_was_empty_is_emptied_again():
    found = [AuditedChange("Salesforce", ACCOUNT, CSM, "", f"Ada ({ADA})")]
    (one,) = plan_reversal(found, {(ACCOUNT, CSM): ADA}).changes
    assert one.written == ""
    assert plan_reversal(found, {(ACCOUNT, CSM): None}) == Reversal((), ())


PEOPLE = st.sampled_from(["", HANA, ADA, BEN])


@given(st.lists(st.tuples(PEOPLE, PEOPLE, PEOPLE), max_size=6))
def test_giving_back_twice_changes_nothing_and_no_one_elses_change_is_lost(fields):
    found = [
        AuditedChange("Salesforce", f"Case {place}", OWNER, before, after)
        for place, (before, after, _) in enumerate(fields)
    ]
    present = {(f"Case {place}", OWNER): now or None for place, (_, _, now) in enumerate(fields)}
    after = dict(present)
    for one in plan_reversal(found, present).changes:
        after[one.record, one.field] = one.written or None
    assert plan_reversal(found, after).changes == ()
    for place, (before, written, now) in enumerate(fields):
        expected = before if now == written else now
        assert after[f"Case {place}", OWNER] == (expected or None)


def test_trn_10_an_undo_is_done_when_every_system_was_read_back():
    change = Change("Salesforce", ACCOUNT, CSM, f"Ada ({ADA})", f"Hana ({HANA})", "TRN-10", value=HANA)
    emptied = Change("Salesforce", CASE, OWNER, f"Ada ({ADA})", "", "TRN-10")
    present = {(ACCOUNT, CSM): HANA, (CASE, OWNER): None}
    assert discrepancies_after_undo([change, emptied], present, Leftovers()) == ()
    left = Leftovers((31,), (9,), {"Account 7": "hana@x.example"}, ("Account Analysis Checklist Acme (k)",))
    found = [str(one) for one in discrepancies_after_undo([change], {(ACCOUNT, CSM): ADA}, left)]
    assert [one.partition(":")[0] for one in found] == [
        ACCOUNT,
        "Outreach Task 31",
        "Outreach Sequence state 9",
        "Outreach Account 7",
        "File Account Analysis Checklist Acme (k)",
    ]
    assert all("Press Retry" in one for one in found)


def test_who_has_the_account_after_an_undo_is_said_by_what_salesforce_says():
    found = [AuditedChange("Salesforce", ACCOUNT, CSM, f"Hana ({HANA})", f"Ada ({ADA})")]
    said = [outcome("Acme", ACCOUNT, found, {(ACCOUNT, CSM): now}) for now in (HANA, ADA, BEN, None)]
    assert said[0] == f"Acme is with Hana ({HANA}) again."
    assert said[1] == f"Acme is still with Ada ({ADA})."
    assert f"({BEN})" in said[2]
    assert "(nobody)" in said[3]
    assert outcome("Acme", ACCOUNT, [], {}) == "The move had not given Acme to anybody."


def test_what_the_new_csm_has_by_other_ways_than_the_move_is_named():
    case = replace(ESCALATION, owner_id=ADA_NOVAK.id)
    found = facts(1, cases=(case,))
    (said,) = acquired_since(found, ADA_NOVAK.id, [])
    assert said.startswith(f"Case {case.id} was not given by the move")
    assert acquired_since(found, ADA_NOVAK.id, [AuditedChange("Salesforce", f"Case {case.id}", OWNER, "", "")]) == ()
    assert acquired_since(found, HANA, []) == ()


def test_sequences_and_prospects_of_a_move_are_known_by_its_audit():
    begun = {
        "system": "Outreach",
        "record": "Prospect 1",
        "field": "Sequence Hello",
        "after": "ada@x.example",
        "run": RUN,
    }
    added = {"system": "Outreach", "record": "Account 7", "field": "Prospect", "after": "jane@x.example", "run": RUN}
    lines = [begun, begun, added, begun | {"field": "Sequence Other", "run": OTHER}]
    assert sequences_begun(lines, RUN) == ("Hello",)
    assert prospects_added(lines, RUN) == ("jane@x.example was made a prospect in Outreach and is kept.",)
    assert prospects_added(lines, OTHER) == ()


def test_trn_10_a_preview_names_everything_that_goes_back_outside_salesforce():
    left = Leftovers((4, 5), (7,), {"Account 7": "hana@x.org", "Prospect 12": "ben@x.org"}, ("Checklist Harbor",))
    assert going_back(left, ["Account Transition - Automated"], call="Monday at 10:00") == (
        "Account 7 in Outreach returns to hana@x.org.",
        "Prospect 12 in Outreach returns to ben@x.org.",
        "1 prospect leaves the sequence Account Transition - Automated.",
        "2 open tasks of the move in Outreach: completed with a note.",
        "The file Checklist Harbor is marked as withdrawn.",
        "The call on Monday at 10:00 is cancelled by an e-mail.",
    )
    assert going_back(Leftovers(active_sequences=(7, 8)), ["One", "Two"], call="") == (
        "2 prospects leave the sequences One and Two.",
    )
    assert going_back(Leftovers(), (), call="") == ()
