"""The policy's notice and latest day of the meeting of a transition (TRN-9)."""

import pytest
from pydantic import ValidationError

from blocks.policy.block import Policy


def test_trn_9_by_default_there_is_a_day_of_notice_and_a_fortnight_of_time():
    policy = Policy()
    assert (policy.transition_meeting_notice_days, policy.transition_meeting_latest_days) == (1, 14)


@pytest.mark.parametrize(
    ("notice", "latest", "words"),
    [
        (-1, 14, "greater than or equal to 0"),
        (31, 60, "less than or equal to 30"),
        (0, 0, "greater than or equal to 1"),
        (1, 91, "less than or equal to 90"),
        (14, 14, "Notice of the meeting: must be fewer days"),
        (20, 14, "Notice of the meeting: must be fewer days"),
        ("soon", 14, "valid integer"),
    ],
)
def test_trn_9_days_that_cannot_be_are_told_in_words_for_their_editor(notice, latest, words):
    with pytest.raises(ValidationError, match=words):
        Policy(transition_meeting_notice_days=notice, transition_meeting_latest_days=latest)


@pytest.mark.parametrize(("notice", "latest"), [(0, 1), (30, 90), (13, 14)])
def test_trn_9_days_that_can_be_are_taken(notice, latest):
    policy = Policy(transition_meeting_notice_days=notice, transition_meeting_latest_days=latest)
    assert policy.transition_meeting_latest_days - policy.transition_meeting_notice_days == latest - notice
