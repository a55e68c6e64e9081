"""Asking an org of the test's own, on a day that is known."""

from datetime import date

import pytest
from simple_salesforce.format import format_soql

from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org
from sandbox.salesforce.soql.engine import run
from sandbox.state import Clock, Credentials, SandboxState

TODAY = date(2026, 3, 18)
"""A Wednesday."""


def fresh_org():
    sandbox = SandboxState(Credentials.from_environment({}))
    sandbox.clock.set(TODAY)
    return Org(sandbox)


def clock():
    set_clock = Clock()
    set_clock.set(TODAY)
    return set_clock


def ask(org, statement, *, deleted=False):
    result = run(org.store, clock(), statement, deleted=deleted)
    return [result.render(row, "/services/data/v59.0") for row in result.rows]


def names(org, where, source="Account"):
    """The names of the records that meet the condition."""
    return [row["Name"] for row in ask(org, format_soql("SELECT Name FROM {:literal} WHERE {:literal}", source, where))]


def code(org, statement):
    """The error code with which a statement is refused."""
    with pytest.raises(SalesforceError) as no:
        ask(org, statement)
    return no.value.code
