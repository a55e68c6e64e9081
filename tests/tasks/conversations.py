"""What is kept of a conversation, as the run, the receiver and Prefect's Resume write it."""

import json
from dataclasses import asdict
from uuid import UUID

from prefect.client.schemas.objects import FlowRunInput
from pydantic import TypeAdapter

from rules.questions.questions import Answer, Question
from tasks.questions.history import QuestionHistory, history_of
from tests.rules.builders.questions import ASKED, MINUTE

RUN = UUID(int=1)
AT = "2026-06-12T19:05:00+00:00"
KEY = f"answer-{'0f' * 16}"
OTHER_KEY = f"answer-{'1e' * 16}"
CHANGED = "Salesforce (Contract 800000000000001AAA)"


def kept(key, value=None, minutes=0) -> FlowRunInput:
    text = value if isinstance(value, str) else json.dumps(value)
    return FlowRunInput(flow_run_id=RUN, key=key, value=text, created=ASKED + minutes * MINUTE)


def put(asked: Question) -> FlowRunInput:
    """A question as the run keeps it."""
    return kept(f"question-{asked.number}", TypeAdapter(Question).dump_json(asked).decode())


def pressed(key=KEY, **fields) -> FlowRunInput:
    """An answer as the receiver writes it."""
    usual = {"who": "pat.seller", "user": "U123", "via": "Slack", "at": AT}
    return kept(key, {**usual, "decision": "Check again", "topic": "", "choice": "", **fields})


def resumed(who="Dana Ops", decision="Check again", number=1, wait=1, minutes=7, **fields) -> FlowRunInput:
    """What Resume was given, as Prefect keeps it."""
    key = f"suspended-question-{number}-wait-{wait}-response"
    return kept(key, {"decision": decision, "decided_by": who, **fields}, minutes)


def heard(*inputs: FlowRunInput) -> QuestionHistory:
    return history_of(inputs)


def said(answer: Answer) -> dict:
    """An answer without what names it in its run."""
    return {name: value for name, value in asdict(answer).items() if name != "key"}
