"""Giving an account back, by what the audit says."""

from hypothesis import given
from hypothesis import strategies as st

from rules.transition_undo import GiveBack, Taken, give_back, taken, wrote

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
    assert wrote([line(ACCOUNT, "File", "", "Checklist", rule="TRN-8")], RUN)
    assert not wrote([line(ACCOUNT, CSM, f"Hana ({HANA})", f"Ada ({ADA})", OTHER)], RUN)


def test_only_what_that_run_took_is_given_back_and_each_field_once():
    lines = [
        line(ACCOUNT, CSM, f"Ben ({BEN})", f"Hana ({HANA})", OTHER),
        line(ACCOUNT, CSM, f"Hana ({HANA})", f"Ada ({ADA})"),
        line(ACCOUNT, "File", "", "Checklist", rule="TRN-8"),
        line(CASE, OWNER, f"Hana ({HANA})", f"Ben ({BEN})"),
        line(CASE, OWNER, f"Ben ({BEN})", f"Ada ({ADA})"),
    ]
    assert taken(lines, RUN) == (
        Taken("Salesforce", ACCOUNT, CSM, f"Hana ({HANA})", f"Ada ({ADA})"),
        Taken("Salesforce", CASE, OWNER, f"Hana ({HANA})", f"Ada ({ADA})"),
    )


def test_what_still_is_as_it_was_written_gets_its_former_value_and_what_was_changed_since_stays():
    found = [
        Taken("Salesforce", ACCOUNT, CSM, f"Hana ({HANA})", f"Ada ({ADA})"),
        Taken("Salesforce", ACCOUNT, ON, "2025-03-04T14:00:00Z", "2026-12-01T15:30:00Z"),
        Taken("Salesforce", CASE, OWNER, f"Hana ({HANA})", f"Ada ({ADA})"),
        Taken("Salesforce", "Task 00T000000000001AAA", OWNER, f"Hana ({HANA})", f"Ada ({ADA})"),
    ]
    present = {(ACCOUNT, CSM): ADA, (ACCOUNT, ON): "2026-12-01T15:30:00Z", (CASE, OWNER): BEN}
    back = give_back(found, present)
    assert [(one.record, one.field, one.written) for one in back.changes] == [
        (ACCOUNT, CSM, HANA),
        (ACCOUNT, ON, "2025-03-04T14:00:00Z"),
    ]
    assert back.stays == (f"{CASE}: {OWNER} was changed since, and stays.", "Task 00T000000000001AAA is gone.")


def test_what_was_empty_is_emptied_again():
    found = [Taken("Salesforce", ACCOUNT, CSM, "", f"Ada ({ADA})")]
    (one,) = give_back(found, {(ACCOUNT, CSM): ADA}).changes
    assert one.written == ""
    assert give_back(found, {(ACCOUNT, CSM): None}) == GiveBack((), ())


PEOPLE = st.sampled_from(["", HANA, ADA, BEN])


@given(st.lists(st.tuples(PEOPLE, PEOPLE, PEOPLE), max_size=6))
def test_giving_back_twice_changes_nothing_and_no_one_elses_change_is_lost(fields):
    found = [
        Taken("Salesforce", f"Case {place}", OWNER, before, after) for place, (before, after, _) in enumerate(fields)
    ]
    present = {(f"Case {place}", OWNER): now or None for place, (_, _, now) in enumerate(fields)}
    after = dict(present)
    for one in give_back(found, present).changes:
        after[one.record, one.field] = one.written or None
    assert give_back(found, after).changes == ()
    for place, (before, written, now) in enumerate(fields):
        expected = before if now == written else now
        assert after[f"Case {place}", OWNER] == (expected or None)
