"""What the tags of an onboarding say about its sale."""

from datetime import UTC, datetime

from rules.onboarding.runs import missed_since


def test_rec_1_the_tag_of_a_missed_sale_says_when_it_was_won():
    assert missed_since(["onboarding", "missed:2027-02-27"]) == datetime(2027, 2, 27, tzinfo=UTC)
    assert missed_since(["onboarding", "opportunity:006000000000001AAA"]) is None
