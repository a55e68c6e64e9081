"""How findings are put in order, counted, and compared with the last check (REC-3)."""

import pytest

from rules.health.findings import (
    Finding,
    HealthChange,
    Severity,
    grouped_names,
    health_change,
    not_looked_at,
    of,
    summary,
    worst_first,
)


def finding(name, severity=Severity.ERROR, area="LMS"):
    return Finding(area, name, severity, f"about {name}")


DOWN, EMPTY, FINE = finding("connection"), finding("list", Severity.WARNING), finding("key", Severity.FINE)


def test_the_worst_comes_first_and_one_line_says_it_all():
    assert worst_first([FINE, EMPTY, DOWN, EMPTY]) == [DOWN, EMPTY, EMPTY, FINE]
    assert summary([FINE, EMPTY, DOWN, EMPTY]) == "1 error, 2 warnings, 1 fine"
    assert of([FINE, DOWN], Severity.FINE) == [FINE]


def test_only_what_was_no_error_before_is_broken():
    change = health_change([DOWN], [DOWN, finding("key"), EMPTY])
    assert change == HealthChange(broken=(finding("key"),))
    assert change.text == "1 broken"
    assert change


@pytest.mark.parametrize("now", [[finding("connection", Severity.FINE)], [finding("connection", Severity.WARNING)], []])
def test_an_error_that_is_none_any_more_is_mended(now):
    change = health_change([DOWN], now)
    assert (change.broken, change.mended, change.text) == ((), (DOWN,), "1 in order again")
    assert not_looked_at([DOWN], now) == []


def test_an_error_that_another_one_hides_is_not_mended_and_is_kept_for_the_next_check():
    """While the connection is down, its fields cannot be looked at."""
    field, elsewhere = finding("Account.MRR__c"), finding("token", area="Slack")
    change = health_change([field, elsewhere], [DOWN])
    assert change == HealthChange(broken=(DOWN,), mended=(elsewhere,))
    assert change.text == "1 broken, 1 in order again"
    assert not_looked_at([field, elsewhere], [DOWN]) == [field]


def test_nothing_changed_is_no_change():
    change = health_change([DOWN], [DOWN, FINE])
    assert not change
    assert change.text == "nothing changed"


def test_fields_deployments_and_scopes_become_a_number():
    names = ["Account.A", "Account.B", "deployment x", "scope y.z", "deployment z", "CSM Hana Berg", "#sales"]
    grouped = ["2 Account fields", "2 deployments", "scopes", "CSM Hana Berg", "#sales"]
    assert grouped_names(names) == grouped


def test_a_finding_has_the_card_of_its_kind_or_else_of_its_name():
    assert Finding("Slack", "scope chat:write", Severity.ERROR, "", "scope").card == "Scope"
    assert [finding(name).card for name in ("work pool", "CSRF protection")] == ["Work pool", "CSRF protection"]
