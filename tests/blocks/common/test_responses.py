"""A response that is not as promised is reported by call, record and field, without its value."""

from decimal import Decimal

import pytest
from pydantic import Field

from blocks.common.errors import UnexpectedResponse
from blocks.common.responses import Amount, CamelCased, Count, Day, Text, parsed_json, read


class Part(CamelCased):
    code: Text


class Thing(CamelCased):
    id: Text
    plan_amount: Amount
    how_many: Count = 0
    last_day: Day | None = None
    parts: list[Part] = Field(default_factory=list)


class Things(CamelCased):
    things: list[Thing]


GOOD = {"id": "t1", "planAmount": "1.50"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"planAmount": None}, "planAmount of t1 is missing"),
        ({"planAmount": "swordfish"}, "planAmount of t1 should be a valid decimal"),
        ({"planAmount": True}, "planAmount of t1"),
        ({"howMany": -1}, "howMany of t1 should be greater than or equal to 0"),
        ({"howMany": "7"}, "howMany of t1 should be a valid integer"),
        ({"lastDay": "swordfish"}, "lastDay of t1 is not a date"),
        ({"id": ""}, "things.1.id is empty"),
        ({"parts": {}}, "parts of t1 should be a valid list"),
        ({"parts": ["swordfish"]}, "parts.0 of t1 is not an object"),
        ({"parts": [{"id": "p2", "code": 7}]}, "code of p2 should be a valid string"),
    ],
)
def test_the_first_wrong_field_is_named_with_its_record(wrong, words):
    with pytest.raises(UnexpectedResponse, match=rf"^LMS: things: {words}") as refused:
        read(Things, "LMS", "things", {"things": [GOOD, GOOD | wrong]})
    assert "swordfish" not in str(refused.value)


@pytest.mark.parametrize("value", [None, [], "swordfish", 7])
def test_a_response_of_another_shape_is_named_as_a_whole(value):
    with pytest.raises(UnexpectedResponse, match=r"^LMS: thing: the response is not an object$"):
        read(Thing, "LMS", "thing", value)


def test_a_good_response_loses_only_what_nobody_promised():
    thing = read(Thing, "LMS", "thing", GOOD | {"lastDay": "2027-03-31", "extra": 1})
    assert (thing.plan_amount, str(thing.last_day), hasattr(thing, "extra")) == (Decimal("1.50"), "2027-03-31", False)


def test_numbers_with_a_fraction_are_read_exactly():
    assert parsed_json("LMS", "x", b'{"a": 1234567890123456.789}') == {"a": Decimal("1234567890123456.789")}


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"a": NaN}', b'{"a"', b"[" * 100_000])
def test_a_response_that_is_no_json_is_refused(content):
    with pytest.raises(UnexpectedResponse, match="LMS: x: the response is not JSON"):
        parsed_json("LMS", "x", content)
