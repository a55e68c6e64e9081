"""The whole, as it runs for real: a message of Salesforce, the receiver, Prefect, a worker, the vendors."""

import pytest

from tests.support.closing import EFFECTS, close, effects
from tests.support.stack import StackProcess, files_below

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
def as_usual_afterwards(stack: StackProcess):
    yield
    stack.sandbox.clear_faults()
    stack.sandbox.behaviour(outbound_messages="on")


def test_onb_1_a_sale_whose_messages_come_twice_is_onboarded_once(stack: StackProcess):
    sale = stack.open_sale("Twice Clinic")
    since = stack.sandbox.journal()[-1]["n"]
    stack.sandbox.behaviour(outbound_messages="duplicate")

    close(stack.sandbox, sale.opportunity)

    run = stack.ended(sale.opportunity)
    assert run["state_name"] == "Completed"
    assert set(run["tags"]) == {"onboarding", f"opportunity:{sale.opportunity}"}
    assert run["labels"]["started-by"] == "Salesforce"
    stack.sandbox.until("salesforce", lambda state: not state["outbound"]["pending"])
    assert effects(stack.sandbox, since) == EFFECTS


@pytest.mark.long
def test_a_run_whose_process_is_killed_goes_on_at_retry_however_early_that_is_pressed(stack: StackProcess):
    sale = stack.open_sale("Killed Clinic")
    since = stack.sandbox.journal()[-1]["n"]
    stack.sandbox.fault("lms", "slow", path="permissions", seconds=60)
    close(stack.sandbox, sale.opportunity)

    run = kill(stack, sale.opportunity, since, tries=1)
    stack.retry(run)  # before the worker has reported the crash

    assert kill(stack, sale.opportunity, since, tries=2) == run
    stack.until(sale.opportunity, lambda run: run["state_name"] == "Crashed")
    stack.retry(run)  # between its two reports
    stack.sandbox.clear_faults()

    assert stack.ended(sale.opportunity, tries=3)["state_name"] == "Completed"
    assert effects(stack.sandbox, since) == EFFECTS


def kill(stack: StackProcess, opportunity: str, since: int, tries: int) -> str:
    """Kill the process of a run in its nth try, while it does something; its id."""
    run = stack.until(opportunity, lambda run: (run["state_type"], run["run_count"]) == ("RUNNING", tries))
    stack.sandbox.until("lms", lambda _: calls(stack, "permissions", since) == tries, 60)
    (process,) = stack.processes_of(run["id"])
    process.kill()
    return str(run["id"])


def calls(stack: StackProcess, path: str, since: int) -> int:
    return sum(path in entry["path"] for entry in stack.sandbox.journal("lms", since))


def test_onb_10_the_default_password_is_in_no_file_of_the_stack(stack: StackProcess):
    sale = stack.open_sale("Secret Clinic")
    close(stack.sandbox, sale.opportunity)
    stack.ended(sale.opportunity)
    known = stack.home / "sandbox-credentials.json"
    password = known.read_text().partition('"lms_default_password": "')[2].partition('"')[0]
    assert len(password) > 20

    holding = [path for path in files_below(stack.home) if password.encode() in path.read_bytes()]

    assert holding == [known]
