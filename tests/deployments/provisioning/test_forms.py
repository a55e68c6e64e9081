"""The dashboard's forms name and explain what is to be entered, in people's words."""

import pytest
from prefect.flows import load_flow_from_entrypoint

from deployments.provisioning.forms import form_fields
from tasks.health.declared import declared


@pytest.mark.parametrize("entry", declared(), ids=lambda entry: entry["name"])
def test_every_parameter_has_a_title_and_says_what_it_is(entry):
    said = form_fields(load_flow_from_entrypoint(entry["entrypoint"]))
    assert said
    for name, field in said.items():
        assert field["title"] not in ("", name)
        assert field["description"], name


def test_a_field_that_may_be_one_of_two_says_what_stands_at_the_field():
    said = form_fields(load_flow_from_entrypoint("flows.account_transition_undo.undo"))
    assert said["account_id"] == {"title": "Account id", "description": "One account alone, by its id."}
    said = form_fields(load_flow_from_entrypoint("flows.publications.publications"))
    assert said["contract_id"]["title"] == "Contract id"
    assert said["preview"]["title"] == "Preview"
