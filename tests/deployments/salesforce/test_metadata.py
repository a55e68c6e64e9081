"""The metadata of deployments/salesforce against the code, both ways: nothing is missing, and nothing is too much."""

import json
from itertools import chain
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree

from blocks.common.field_map import FieldMap
from sandbox.salesforce import schema
from sandbox.salesforce.messages import ACTIONS
from sandbox.salesforce.metadata.package import each, field_of, text
from sandbox.salesforce.metadata.rights import is_secured
from tests.deployments.salesforce.usage import IN_STEPS, fields_read, fields_written, makers, statements
from tests.support.metadata import GO_LIVE, PERMISSION_SET, ROOT, SOURCE
from webhooks.salesforce.soap import PREFIXES

FILES = sorted(ROOT.rglob("*-meta.xml"))
MADE, CALLED = statements()
READ = set(chain.from_iterable(map(fields_read, MADE)))
WRITTEN = fields_written()
MAPPED = {(one.sobject, name): written for one in FieldMap().objects() for name, written in one.api_names()}
WITH_OBJECT_PERMISSIONS = {"Account", "Case", "Contact", "Contract", "Customer_Onboarding__c", "Opportunity"}
"""Salesforce has no such permissions for the other objects that are read: User, Task, Event, files, contact roles."""


def root_of(path) -> Element:
    return ElementTree.parse(path).getroot()


def permission_set() -> Element:
    return root_of(SOURCE / "permissionsets" / f"{PERMISSION_SET}.permissionset-meta.xml")


def custom_fields():
    return {(path.parts[-3], root_of(path)) for path in SOURCE.glob("objects/*/fields/*")}


def secured(fields):
    """Those with field-level security, as a permission set names them."""
    known = ((name, schema.EVERY[name].fields[field]) for name, field in fields)
    return {f"{name}.{field.name}" for name, field in known if is_secured(name, field)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_xml_of_salesforces_metadata(path):
    assert root_of(path).tag.startswith("{http://soap.sforce.com/2006/04/metadata}")


def test_every_function_that_makes_a_statement_is_looked_at():
    assert set(makers()) - CALLED - IN_STEPS == set()


def test_the_custom_fields_are_those_of_the_field_map():
    ours = {(name, text(root, "fullName")) for name, root in custom_fields()}
    assert ours == {(name, field) for name, field in MAPPED if field.endswith("__c")}
    assert {field for field in READ | WRITTEN if field[1].endswith("__c")} == ours


def test_each_custom_field_is_as_the_tested_org_has_it():
    for name, root in custom_fields():
        ours, tested = field_of(root), schema.EVERY[name].fields[text(root, "fullName")]
        for aspect in ("type", "external_id", "unique", "values", "restricted", "targets", "relationship", "scale"):
            assert getattr(ours, aspect) == getattr(tested, aspect), (name, ours.name, aspect)
        if tested.type in ("string", "textarea"):
            assert ours.length == tested.length, (name, ours.name)


def test_each_custom_field_explains_itself_to_the_people_who_see_it():
    for name, root in custom_fields():
        assert text(root, "label"), (name, text(root, "fullName"))
        assert text(root, "inlineHelpText").endswith("."), (name, text(root, "fullName"))


def test_the_permission_set_shows_each_field_that_is_read_or_written_and_no_other():
    shown = {text(one, "field") for one in each(permission_set(), "fieldPermissions")}
    assert shown == secured(READ | WRITTEN)


def test_the_permission_set_lets_those_fields_be_edited_that_are_written():
    edited = {
        text(one, "field") for one in each(permission_set(), "fieldPermissions") if text(one, "editable") == "true"
    }
    assert edited == secured(WRITTEN)
    assert {field for field, written in MAPPED.items() if written} <= WRITTEN


def test_the_permission_set_allows_each_object_what_is_done_with_it():
    allowed = {text(one, "object"): one for one in each(permission_set(), "objectPermissions")}
    assert set(allowed) == WITH_OBJECT_PERMISSIONS & {name for name, _ in READ | WRITTEN}
    for name, one in allowed.items():
        assert text(one, "allowRead") == text(one, "viewAllRecords") == "true", name
        assert (text(one, "allowEdit") == "true") == (name in {written for written, _ in WRITTEN}), name
        for right in ("allowCreate", "allowDelete", "modifyAllRecords"):
            assert text(one, right) == "false", (name, right)


def test_the_permission_set_has_the_system_permissions_that_are_needed():
    report = "report_lists" in (ROOT.parents[1] / "tasks" / "salesforce" / "sales.py").read_text()
    needed = {
        "ApiEnabled": True,
        "ActivitiesAccess": bool({"Task", "Event"} & {name for name, _ in READ}),
        "EditTask": ("Task", "OwnerId") in WRITTEN,
        "TransferAnyCase": ("Case", "OwnerId") in WRITTEN,
        "RunReports": report,
    }
    given = {text(one, "name") for one in each(permission_set(), "userPermissions") if text(one, "enabled") == "true"}
    assert given == {name for name, is_needed in needed.items() if is_needed}


def test_a_message_of_each_object_that_the_receiver_takes_is_sent_when_others_change_it():
    sent = {path.name.partition(".")[0] for path in SOURCE.glob("workflows/*")}
    assert sent == set(PREFIXES) == set(ACTIONS)
    flows = [root_of(path) for path in GO_LIVE.glob("flows/*")]
    assert {text(flow, "start/object") for flow in flows} == sent
    for flow in flows:
        assert text(flow, "actionCalls/actionName") == f"{text(flow, 'start/object')}.{PERMISSION_SET}"
        assert text(flow, "start/filterFormula") == f"NOT({{!$Permission.{PERMISSION_SET}}})"
    assert [text(one, "name") for one in each(permission_set(), "customPermissions")] == [PERMISSION_SET]


def test_each_placeholder_of_a_message_is_filled_from_the_environment():
    project = json.loads((ROOT / "sfdx-project.json").read_text())
    filled = {one["stringToReplace"] for one in project["replacements"]}
    for path in SOURCE.glob("workflows/*"):
        message = next(each(root_of(path), "outboundMessages"))
        address, user = text(message, "endpointUrl"), text(message, "integrationUser")
        assert address == "https://RECEIVER_HOST/salesforce/outbound-messages/RECEIVER_TOKEN"
        assert {"RECEIVER_HOST", "RECEIVER_TOKEN", user} == filled
        assert text(message, "includeSessionId") == "false"
