"""Months passed day by day: every account, publication and message is as the rules say, night after night.

`QUARTER_CLIENTS=300 QUARTER_DAYS=92` is the whole quarter; `QUARTER_SEED` tells other stories, `QUARTER_ONLY=7,12` only
those of these clients.
"""

import os
from datetime import date
from random import Random

import pytest

from tests.quarter.expectation import Expected
from tests.quarter.life import Fields
from tests.quarter.telling import BEFORE, Story
from tests.quarter.watching import Quarter, lives
from tests.quarter.world import sleepless, stories

pytestmark = [pytest.mark.flows, pytest.mark.timeout(3 * 3600)]

FIRST = date(2028, 1, 10)
"""A leap day and the night on which the clocks are put forward lie ahead."""
CLIENTS = int(os.environ.get("QUARTER_CLIENTS", "4"))
DAYS = int(os.environ.get("QUARTER_DAYS", "8"))
SEED = int(os.environ.get("QUARTER_SEED", "5"))
SEED_OF_FAULTS = int(os.environ.get("QUARTER_SEED", "11"))
"""Of a few days with faults, one in which they are more than the tries."""
ONLY = {int(number) for number in os.environ.get("QUARTER_ONLY", "").split(",") if number}
KINDS_OF_FAULTS = ("error", "drop_before", "drop_after", "malformed", "html", "expired_session", "rate_limit", "slow")
"""`timeout` only holds for long what `drop_before` breaks at once; a row that is locked is an `error` to the caller."""
SLACK_IS_DOWN = {"system": "slack", "kind": "error", "times": 1000}
WHOM = ("sales", "the CSM")


async def test_every_night_of_a_quarter_leaves_what_the_rules_ask_for(town, nights, move):
    quarter = Quarter(town, nights, FIRST, move, sleepless(SEED, DAYS))
    quarter.begin(chosen(SEED))
    for day in range(DAYS):
        await quarter.pass_night(day)
        await quarter.compare(day, _differing)
        quarter.live(day)
    quarter.sum_up()
    assert not quarter.differences, quarter.report()


@pytest.mark.long
async def test_whatever_fails_on_some_nights_all_comes_to_the_same(town, nights, move):
    quarter = Quarter(town, nights, FIRST, move, sleepless(SEED_OF_FAULTS, DAYS))
    rng = Random(SEED_OF_FAULTS)  # noqa: S311 - accidents, not secrets
    quarter.begin(chosen(SEED_OF_FAULTS))
    for day in range(DAYS):
        await quarter.pass_night(day, faults(rng))
        quarter.live(day)
    for day in range(DAYS, DAYS + 2):
        await quarter.pass_night(day)
    await quarter.compare(DAYS + 1, _differing_in_the_end)
    quarter.sum_up()
    assert {"Unavailable", "Refused"} & {*nights.sweeps, *nights.states}, "nothing went wrong"
    assert not quarter.differences, quarter.report()


@pytest.mark.long
async def test_news_that_slack_did_not_take_is_told_on_the_next_night(town, nights, move):
    quarter = Quarter(town, nights, FIRST, move, sleepless=())
    contracts = [
        (BEFORE, "contract", "A", {"status": "Activated", "start": date(2027, 2, 1), "end": date(2028, 1, 31)}),
        (0, "contract", "B", {"status": "Activated", "start": date(2028, 2, 1), "end": date(2029, 1, 31)}),
    ]
    quarter.begin([Story(0, "renewed when the last day was set", tuple(contracts))])
    for day, wrong in enumerate(([], [SLACK_IS_DOWN], [])):
        await quarter.pass_night(day, wrong)
        quarter.live(day)
    assert nights.states["Unavailable"] == 1
    await quarter.compare(2, _differing)
    assert not quarter.differences, quarter.report()


def chosen(seed: int) -> list[Story]:
    """The stories of a seed, or those of them that are asked for."""
    return [story for story in stories(seed, FIRST, DAYS, CLIENTS) if not ONLY or story.number in ONLY]


def faults(rng: Random) -> list[Fields]:
    """What goes wrong in a night: nothing in every third, few or many calls of any system in the others.

    Five tries are made of each call, so that some are met by more faults than they are tried.
    """
    if rng.random() < 1 / 3:
        return []
    return [
        {
            "system": rng.choice(("salesforce", "lms", "recurly", "slack")),
            "kind": rng.choice(KINDS_OF_FAULTS),
            "method": rng.choice(("", "", "GET", "POST", "PATCH")),
            "times": rng.choice((1, 3, 6, 12, 25)),
            "skip": rng.randint(0, 20),
        }
        for _ in range(rng.randint(1, 5))
    ]


def _differing_in_the_end(expected: Expected, seen: Fields) -> Fields:
    """What differs when all is quiet again.

    News may come later than on a calm night, and some not at all: a phase that is over is no longer told. So each is
    told at most once to each, none that no night gave a reason for, and every one whose phase had a quiet night. That
    the client stays is told where there was an end to withdraw, whenever that came about.
    """
    ways = (expected, *expected.otherwise)
    different = min(
        ({name: one for name, one in _differing(way, seen).items() if name != "told"} for way in ways), key=len
    )
    told, right = seen["told"], {(news, whom) for news in expected.possible | {*expected.told} for whom in WHOM}
    due = {(news, whom) for news in expected.due for whom in WHOM}
    if len({*told}) < len(told) or not due <= {*told} <= right:
        different["told"] = (told, _as_seen(expected)["told"])
    return different


def _differing(expected: Expected, seen: Fields) -> Fields:
    wanted = _as_seen(expected)
    return {name: (seen[name], wanted[name]) for name in wanted if seen[name] != wanted[name]}


def _as_seen(expected: Expected) -> Fields:
    return lives(expected) | {
        "CS Status": expected.account["cs_status"],
        "told": sorted((news, whom) for news in expected.told for whom in WHOM),
        "asked": bool(expected.asked),
    }
