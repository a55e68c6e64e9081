"""What the receiver logs: what senders cause at will is a line now and then, not one each."""

import json
import logging
from collections.abc import Callable

import pytest

from tests.webhooks.clock import Clock
from webhooks.common.logs import REPEAT_AFTER, JsonLinesFormatter, RepeatFilter


@pytest.fixture
def rarely(clock: Clock) -> RepeatFilter:
    return RepeatFilter(clock)


def answered(status: int, route: str = "/slack/events") -> logging.LogRecord:
    facts = {
        "msg": "answered",
        "route": route,
        "status": status,
        "levelno": logging.INFO,
        "name": "webhooks.common.observed",
    }
    return logging.makeLogRecord(facts)


def complaint(text: str = "Invalid HTTP request received.") -> logging.LogRecord:
    return logging.makeLogRecord({"msg": text, "name": "uvicorn.error", "levelno": logging.WARNING})


@pytest.mark.parametrize("make", [lambda: answered(403), lambda: answered(503), complaint])
def test_what_is_refused_is_one_line_in_a_while_with_the_number_left_out(
    rarely: RepeatFilter, clock: Clock, make: Callable[[], logging.LogRecord]
) -> None:
    written = [bool(rarely.filter(make())) for _ in range(1000)]
    assert sum(written) == 1
    clock.now += REPEAT_AFTER
    again = make()
    assert rarely.filter(again)
    assert json.loads(JsonLinesFormatter().format(again))["left_out"] == 999


def test_each_route_and_status_has_a_line_of_its_own(rarely: RepeatFilter) -> None:
    records = [answered(status, route) for status in (401, 503) for route in ("/slack/events", "/salesforce/events")]
    assert all(rarely.filter(each) for each in records)
    assert not any(rarely.filter(each) for each in records)


def test_every_delivery_that_is_taken_is_a_line(rarely: RepeatFilter) -> None:
    assert all(rarely.filter(answered(status)) for status in (200, 202) * 50)
