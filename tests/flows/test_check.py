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
