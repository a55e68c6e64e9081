"""The audit names who started a run as far as Prefect knows, and says when a name is not verified (D-11)."""

from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun

from tasks.runs.audit import started_by


def run(kind=None, name=None, **labels):
    by = {"id": uuid4(), "type": kind, "display_value": name} if kind else None
    return FlowRun(flow_id=uuid4(), created_by=by, labels=labels)


@pytest.mark.parametrize(
    ("started", "by"),
    [
        (run(), "the dashboard (name not verified)"),
        (run("SCHEDULE", "every-night"), "its schedule"),
        (run("USER", "Dana Ops"), "Dana Ops"),
        (run("USER"), "the dashboard (name not verified)"),
        (run("SCHEDULE", "every-night", **{"started-by": "Salesforce"}), "Salesforce"),
    ],
)
def test_who_started_a_run(started, by):
    assert started_by(started) == by
