"""The scheduled check: what breaks and what is in order again is told once; the page shows everything (REC-3)."""

import pytest

from flows.check import check
from tasks.health.receiver_checks import ADDRESS
from tests.support.outcome import messages
from tests.support.runs import latest_artifact

pytestmark = pytest.mark.flows


@pytest.fixture(autouse=True)
def _no_receiver(monkeypatch):
    """No receiver belongs to these runs; one of another stack on this machine does not count."""
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:9")


async def look(**parameters):
    state = await check(**parameters, return_state=True)
    assert state.is_completed(), state
    return state.message


def told(sandbox):
    """The words to CS Operations, oldest first."""
    keyed = [one for one in messages(sandbox) if "health:" in str(one["metadata"])]
    return [one["text"] for one in keyed if one["channel"] == "cs-operations"]


async def test_rec_3_what_breaks_is_told_once_and_so_is_what_is_in_order_again(sandbox, people):  # noqa: ARG001 - the org
    await look()
    before = len(told(sandbox))
    assert "nothing changed" in await look()
    assert len(told(sandbox)) == before

    sandbox.fault("lms", "error", status=403, code="forbidden", times=50)
    await look(preview=True)
    assert len(told(sandbox)) == before
    assert "1 broken" in await look()
    assert "nothing changed" in await look()
    (broke,) = told(sandbox)[before:]
    assert "*1 thing broke since the last check:*" in broke
    assert "*LMS: connection.*" in broke
    assert "Receiver" not in broke
    page = await latest_artifact("health-check")
    assert page.index("## Errors") < page.index("LMS: connection") < page.index("## Warnings") < page.index("## Fine")
    assert "start it" in page.lower()
    assert "Hana Berg" in page

    sandbox.clear_faults()
    assert "1 in order again" in await look()
    (mended,) = told(sandbox)[before + 1 :]
    assert "*In order again:* LMS: connection" in mended

    sandbox.fault("lms", "error", status=403, code="forbidden", times=50)
    assert "1 broken" in await look()
    assert len(told(sandbox)) == before + 3


async def test_a_policy_that_was_edited_is_recorded_as_a_version_once(sandbox, override):  # noqa: ARG001 - the org
    await override("lifecycle-policy")
    await look()
    assert "Settings of the policy" not in await look()
    names = ["UPMC", "A_b  *c*  https://x.example\nd"]
    await override("lifecycle-policy", weight_of_mrr="0.25", no_welcome_clients=names)
    assert "changed:" not in await look(preview=True)
    assert "Settings of the policy that changed: 2." in await look()
    page = await latest_artifact("policy-versions")
    assert "**Books of business → Weight of MRR**: 0.5 → 0.25" in page
    assert "**Onboarding → Clients without a welcome mail → 2**: not set → A\\_b" in page
    assert "does not record who edits" in page
    assert "Settings of the policy" not in await look()
    await override("lifecycle-policy")
    assert "Settings of the policy that changed: 2." in await look()
    page = await latest_artifact("policy-versions")
    assert page.index("0.25 → 0.5") < page.index("0.5 → 0.25")
