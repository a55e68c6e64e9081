"""What was written to LMS and Salesforce is compared with what they have then (PUB-4, PUB-5, D-17)."""

from dataclasses import replace

import pytest
from hypothesis import given

from rules.contracts.deactivation import deactivation
from rules.contracts.verification import discrepancies
from tests.rules.builders.clients import (
    applied,
    client,
    clients,
    companies,
    company,
    contract,
    on,
    publications,
    stand,
)

OVER = client(contract(-300, -1))


def test_pub_4_whatever_differs_is_named_with_its_record_and_field():
    todo = deactivation(OVER, stand(OVER), company(), (), ())
    assert [str(one) for one in discrepancies(todo.changes, OVER, [company()])] == [
        "Company 48213: Last Day of Service must be 2027-03-14, and is empty.",
        "Company 48213: Status must be inactive, and is active.",
        "Account 001000000000001AAA: CS Status must be Deactivated, and is Active.",
    ]
    assert [one.found for one in discrepancies(todo.changes, OVER, [])] == ["missing", "missing", "Active"]


@pytest.mark.parametrize("status", ["active", "scheduled"])
def test_pub_5_what_is_in_service_until_a_day_is_active_too(status):
    back = client(contract(-300, 20), cs_status="Deactivated")
    off = company(status="inactive", last_day=on(-9), reason="End of contract 00000101 on 2027-03-06")
    todo = deactivation(back, stand(back), off, (), ())
    after = replace(off, status=status, last_day=on(20))
    assert discrepancies(todo.changes, replace(back, cs_status="Active"), [after]) == ()


@given(clients(), companies(), publications())
def test_pub_4_once_a_plan_was_carried_out_nothing_differs(whose, lms, issues):
    todo = deactivation(whose, stand(whose), lms, issues, ())
    after, in_lms, published = applied(todo, whose, lms, issues)
    assert discrepancies(todo.changes, after, [*([in_lms] if in_lms else []), *published]) == ()
