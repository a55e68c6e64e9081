"""Customers who are late in Recurly take no place from other sales (ONB-12)."""

import pytest

from tests.support.closing import EFFECTS, close, effects, hire
from tests.support.stack import running_stack

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(900)]

AT_ONCE = 2
SET_UP = {
    ("slack", "POST", "/api/chat.postMessage"): 1,
    ("lms", "POST", "/signup/preSign"): 1,
    ("lms", "PUT", "/permissions"): 1,
}
"""What an onboarding does before it looks for the Recurly account."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack that runs two flows at once."""
    with running_stack(tmp_path_factory.mktemp("late"), LIFECYCLE_CONCURRENCY=str(AT_ONCE)) as stack:
        hire(stack.sandbox, 2)
        be_patient(stack)
        yield stack


def be_patient(stack):
    """Have runs wait longer for Recurly than any test, as CS Operations may set it in the dashboard."""
    kind = {"block_types": {"slug": {"any_": ["lifecycle-policy"]}}}
    (policy,) = stack.prefect.post("/block_documents/filter", json=kind).raise_for_status().json()
    change = {"data": {"recurly_wait_seconds": 3600}, "merge_existing_data": True}
    stack.prefect.patch(f"/block_documents/{policy['id']}", json=change).raise_for_status()


def waits_without_process(stack):
    return lambda run: run["state_name"] == "Waiting for Recurly" and not stack.processes_of(run["id"])


def test_onb_12_late_customers_on_every_place_do_not_stop_another_sale(stack):
    since = stack.sandbox.last()
    stack.sandbox.behaviour(recurly_account="never")
    late = [stack.open_sale(f"Late Clinic {number}") for number in range(AT_ONCE)]
    for sale in late:
        close(stack.sandbox, sale.opportunity)
    waiting = [stack.until(sale.opportunity, waits_without_process(stack)) for sale in late]
    for sale, run in zip(late, waiting, strict=True):
        assert run["state_type"] == "SCHEDULED"
        assert run["state"]["message"].startswith(f"Recurly has no account with the code {sale.account} yet.")

    stack.sandbox.behaviour(recurly_account="soon")
    third = stack.open_sale("Punctual Clinic")
    close(stack.sandbox, third.opportunity)

    assert stack.ended(third.opportunity)["state_name"] == "Completed"
    for sale in late:
        run = stack.run_of(sale.opportunity)
        assert run["state_type"] in ("SCHEDULED", "PENDING", "RUNNING"), run["state"]
        account = {"code": sale.account, "company": sale.account, "email": f"jane@{sale.account}.example"}
        stack.sandbox.seed(recurly={"accounts": [account]})
    for sale in late:
        run = stack.ended(sale.opportunity)
        assert (run["state_name"], run["run_count"]) == ("Completed", 1), run["state"]
    assert effects(stack.sandbox, since) == {effect: times * (AT_ONCE + 1) for effect, times in EFFECTS.items()}


def test_a_run_whose_process_was_killed_waits_on_after_its_retry_and_is_cancelled_at_once(stack):
    since = stack.sandbox.last()
    stack.sandbox.behaviour(recurly_account="never")
    sale = stack.open_sale("Killed Clinic")
    close(stack.sandbox, sale.opportunity)
    stack.sandbox.until("recurly", lambda _: len(looks(stack, sale, since)) > 1, 180)
    (process,) = stack.processes_of(stack.run_of(sale.opportunity)["id"])
    process.kill()
    run = stack.until(sale.opportunity, lambda run: run["state_name"] == "Crashed")
    stack.retry(run["id"])

    run = stack.until(sale.opportunity, waits_without_process(stack))

    assert run["run_count"] == 2
    cancel = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    stack.prefect.post(f"/flow_runs/{run['id']}/set_state", json=cancel).raise_for_status()
    assert stack.run_of(sale.opportunity)["state_name"] == "Cancelled"
    assert effects(stack.sandbox, since) == SET_UP


def looks(stack, sale, since):
    return [entry for entry in stack.sandbox.journal("recurly", since) if f"code-{sale.account}" in entry["path"]]
