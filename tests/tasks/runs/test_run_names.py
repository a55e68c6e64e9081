"""A run has a name that says what it is about, even if nothing was entered."""

import pytest

from tasks.runs.run_names import own_name

PUBLICATIONS = "Publications of {account_id|contract_id}"


@pytest.mark.parametrize(
    ("run_name", "given", "name"),
    [
        (
            PUBLICATIONS,
            {"account_id": "", "contract_id": ""},
            "Publications (no account given)",
        ),
        (
            PUBLICATIONS,
            {"account_id": " ", "contract_id": "800x"},
            "Publications of 800x",
        ),
        (
            "End of {account_id|contract_id}",
            {"account_id": "001x", "contract_id": ""},
            "End of 001x",
        ),
        ("Onboard {opportunity_id}", {"opportunity_id": ""}, "Onboard (no opportunity given)"),
        ("Assign a CSM to {account_id}", {"account_id": "001x"}, "Assign a CSM to 001x"),
        ("Onboard {opportunity_id}", {"opportunity_id": "x" * 5000}, f"Onboard {'x' * 100}"),
        ("Onboard {opportunity_id}", {"opportunity_id": "a {b}\n{0}"}, "Onboard a {b} {0}"),
        ("Undo a transition", {"account_id": ""}, "Undo a transition"),
    ],
)
def test_the_name_names_what_was_entered_or_what_is_missing(run_name, given, name):
    assert own_name(run_name, given) == name
