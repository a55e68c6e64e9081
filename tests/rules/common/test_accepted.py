"""What a person has skipped counts as accepted, and nothing else does (REC-3)."""

import pytest

from rules.common.accepted import SkippedStep, fields_of, is_accepted, without_accepted
from rules.common.records import Change

MODULES = Change("LMS", "Company (new)", "Modules", "", "Forms", "ONB-13")
STEP = SkippedStep("Set the modules", "skipped by Dana: the LMS refuses Forms.", fields_of([MODULES]))


@pytest.mark.parametrize(
    ("record", "field", "accepted"),
    [
        ("Company (new)", "Modules", True),
        ("Company 48213", "Modules", True),
        ("Company 48213", "User Count", False),
        ("Publication 7", "Modules", False),
    ],
)
def test_rec_3_a_field_is_accepted_if_the_skipped_step_was_to_change_it(record, field, accepted):
    assert is_accepted(record, field, [STEP]) is accepted
    assert without_accepted([Change("LMS", record, field, "", "x", "")], [STEP]) == (
        () if accepted else (Change("LMS", record, field, "", "x", ""),)
    )


def test_rec_3_without_a_skipped_step_nothing_is_accepted():
    assert without_accepted([MODULES], []) == (MODULES,)
    assert without_accepted([MODULES], [SkippedStep("Notify", "skipped by Dana: told by phone")]) == (MODULES,)


def test_a_skipped_step_is_a_sentence():
    assert str(STEP) == "Set the modules: skipped by Dana: the LMS refuses Forms."
