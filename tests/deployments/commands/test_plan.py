"""`lifecycle plan` takes ids and addresses, and answers a wrong one in one line."""

import subprocess
import sys

import pytest

from tests.support.stack import ROOT

ACCOUNT = "001Hs00000AbCdEIAV"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("onboarding hello", "hello is not an opportunity id; it begins with 006 and has 15 or 18 characters."),
        (f"onboarding https://acme.my.salesforce.com/{ACCOUNT}", "names no opportunity: copy the address"),
        ("csm-assignment 006Hs00000AbCdEIAV", "is not an account id; it begins with 001"),
        ("publications", "No account is named: enter its id, or the address of its page in Salesforce."),
        (f"publications --contract {ACCOUNT}", "is not a contract id; it begins with 800"),
        ("undo", "No account is named"),
    ],
)
def test_a_wrong_id_is_told_in_one_line_with_its_card_and_starts_nothing(command, said):
    call = [sys.executable, "-m", "deployments.cli", "plan", *command.split()]
    ended = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    problem, card = ended.stderr.splitlines()
    assert problem.startswith("lifecycle: ")
    assert said in problem
    assert card == "Runbook: A command ends with an error (docs/runbook.md)"
    assert "Traceback" not in ended.stderr + ended.stdout
