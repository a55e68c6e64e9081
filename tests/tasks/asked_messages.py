"""Questions as they stand in Slack, and the pieces of such a message."""

import json
from datetime import UTC, datetime
from itertools import chain
from uuid import UUID

from rules.common.problems import Responsible
from rules.questions.questions import DASHBOARD, Answer, Decision, Question
from tasks.questions.slack_messages import Addressee, Blocks, Place, asked_blocks
from tasks.templates import slack_user
from tests.rules.builders.office_hours import NEW_YORK

RUN = UUID(int=7)
PLACE = Place(RUN, "https://p.example/runs/run/7", NEW_YORK, "Cancel this onboarding", "onboarding")
SALES = Addressee(Responsible.SALES, "C1", "1.000001", slack_user("U0OWNER"), ("U0OWNER", "U0OPS"))
CS_OPS = Addressee(Responsible.CS_OPS, "#cs-operations", None, "", ("U0OPS",))
LINK = "https://acme.example/lightning/r/800000000000001AAA/view"
CHECKED = Answer("k", "Dana Ops", DASHBOARD, datetime(2026, 6, 15, 14, 5, tzinfo=UTC), Decision.CHECK)


def blocks(asked: Question, to: Addressee = SALES, **values) -> Blocks:
    usual = {"links": {one.record_id: LINK for one in asked.problems}, "problems": asked.problems}
    return asked_blocks(asked, to, PLACE, **{**usual, **values})


def buttons(message: Blocks) -> list[dict]:
    return [button for block in message if block["type"] == "actions" for button in block["elements"]]


def labels(message: Blocks) -> list[str]:
    return [button["text"]["text"] for button in buttons(message)]


def values(message: Blocks) -> list[dict]:
    return [json.loads(button["value"]) for button in buttons(message)]


def written(message: Blocks) -> list[dict]:
    """Every text of a message in which Slack obeys markup."""
    own = [block["text"] for block in message if block["type"] == "section"]
    return [*own, *chain.from_iterable(block["elements"] for block in message if block["type"] == "context")]
