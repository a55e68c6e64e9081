"""What the coming days bring, as a preview shows it (PUB-4)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from rules.contracts.outlook import OutlookDay, outlook
from rules.contracts.sweep import sweep_item
from tests.rules.builders.clients import TODAY, client, contract, on, renewal, stand

LAST = TODAY + timedelta(days=90)


def of(name, day, mrr=100, **fields):
    whose = client(contract(-300, day), name=name, id=f"001{name}", mrr=None if mrr is None else Decimal(mrr), **fields)
    return sweep_item(whose, stand(whose), (), TODAY)


def test_pub_4_each_day_tells_who_ends_who_is_not_settled_and_the_mrr_that_ends():
    doubtful = of("Cedar", 5, 900, renewals=(renewal(),))
    lines = [of("Birch", 5, "50.25"), of("Dill", 2), of("Ash", 5), doubtful, of("Elm", 5, None)]
    birch, dill, ash, cedar, elm = lines
    assert outlook(lines, TODAY, LAST) == (
        OutlookDay(on(2), (dill,), (), Decimal(100)),
        OutlookDay(on(5), (ash, birch, elm), (cedar,), Decimal("150.25")),
    )


def test_pub_4_both_ends_of_the_time_count_and_what_lies_outside_or_is_unknown_does_not():
    lines = [of("A", 0), of("B", 90), of("C", -1), of("D", 91), of("E", None)]
    assert [day.settled for day in outlook(lines, TODAY, LAST)] == [(lines[0],), (lines[1],)]
    assert outlook([], TODAY, LAST) == ()


@given(st.lists(st.integers(-3, 95), max_size=12), st.randoms())
def test_pub_4_every_client_stands_on_its_day_whatever_the_order(ends, random):
    lines = [replace(of(f"N{number:02}", day), why="") for number, day in enumerate(ends)]
    shuffled = list(lines)
    random.shuffle(shuffled)
    found = outlook(shuffled, TODAY, LAST)
    assert found == outlook(lines, TODAY, LAST)
    assert [day.day for day in found] == sorted({on(end) for end in ends if 0 <= end <= 90})
    assert sum(len(day.settled) for day in found) == sum(0 <= end <= 90 for end in ends)
