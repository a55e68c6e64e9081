"""The dashboard's forms name and explain what is to be entered, in people's words."""

import json
import re

import pytest
from prefect.flows import load_flow_from_entrypoint

from deployments.provisioning.forms import form_fields
from tasks.health.declared import declared

PREVIEW_FIRST = {"deactivate-account", "account-transition", "move-account", "undo", "repair"}
"""Something ends or moves, and a person may start it by hand."""
OBJECTS = {"one", "request", "appointment"}
"""Parameters of several fields, which may be left out as a whole."""
EXAMPLE = re.compile(r"\blike \S|https?://|`lifecycle|: [0-9a-f]{8}-")


def flow_of(entry):
    return load_flow_from_entrypoint(entry["entrypoint"])


@pytest.mark.parametrize("entry", declared(), ids=lambda entry: entry["name"])
def test_every_parameter_has_a_title_and_says_what_it_is(entry):
    said = form_fields(flow_of(entry))
    assert said
    for name, field in said.items():
        assert field["title"] not in ("", name)
        assert field["description"], name


@pytest.mark.parametrize("entry", declared(), ids=lambda entry: entry["name"])
def test_every_optional_field_is_plain_and_ids_come_with_an_example(entry):
    flow = flow_of(entry)
    said = form_fields(flow)
    for name, field in flow.parameters.properties.items():
        if name in OBJECTS:
            continue
        assert "anyOf" not in field, f"{name} would be a toggle between a kind of value and None"
        assert field.get("format") is None, name
        if "_id" in name or name in ("workbook_run", "on"):
            assert EXAMPLE.search(said[name]["description"]), name
    assert "pattern" not in json.dumps({key: one for key, one in flow.parameters.properties.items() if "_id" in key})


def test_preview_is_on_in_the_forms_where_something_ends_or_moves():
    first = {entry["name"] for entry in declared() if entry.get("parameters", {}).get("preview")}
    assert first >= PREVIEW_FIRST


@pytest.mark.parametrize("entry", declared(), ids=lambda entry: entry["name"])
def test_no_schedule_is_left_to_the_preview_of_the_form(entry):
    if entry.get("parameters", {}).get("preview"):
        assert all(each["parameters"]["preview"] is False for each in entry.get("schedules", ()))


def test_a_form_that_people_do_not_fill_in_says_so():
    (entry,) = [entry for entry in declared() if entry["name"] == "move-account"]
    assert entry["description"].startswith("Internal: started by account-transition.")


def test_a_field_that_may_be_one_of_two_says_what_stands_at_the_field():
    said = form_fields(load_flow_from_entrypoint("flows.account_transition_undo.undo"))
    assert said["account_id"]["description"].startswith("One account alone")
    said = form_fields(load_flow_from_entrypoint("flows.publications.publications"))
    assert said["contract_id"]["title"] == "Contract id"
    assert said["contract_id"]["description"].startswith("Instead of the account")
    assert said["preview"]["title"] == "Preview"
