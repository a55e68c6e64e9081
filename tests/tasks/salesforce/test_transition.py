"""TRN-2: the accounts and users that a workbook may mean are asked of Salesforce in few calls."""

import pytest

from blocks.common.field_map import FieldMap
from rules.transition.match import match
from tasks.salesforce.transition import AT_ONCE, read_meant, same_letters, stems
from tests.rules.builders.matching import row


@pytest.fixture
def team(org):
    """Two CSMs, by first name."""
    return {name: org.csm(name) for name in ("Ada", "Ben")}


def meant(org, *rows):
    return read_meant(org.client, FieldMap(), rows)


def calls(org, since):
    return sum(entry["path"].endswith("/composite") for entry in org.sandbox.journal("salesforce", since))


def test_trn_2_account_csm_and_team_lead_are_read_in_one_call(org, team):
    account = org.account(team["Ada"], None, Name="Acme O'Clinics", CS_Status__c="Active")
    since = org.sandbox.last()
    rows = [row("acme o'clinics", "BEN@seller.example")]
    (move,), faults = match(rows, *meant(org, *rows))
    assert faults == []
    assert (move.account.id, move.account.csm.id, move.to_csm.id) == (account, team["Ada"], team["Ben"])
    assert move.team_lead.id == org.lead
    assert calls(org, since) == 1


def test_trn_2_ids_are_found_as_well_and_say_who_is_no_client_any_more(org, team):
    account = org.account(team["Ada"], None, CS_Status__c="Deactivated")
    rows = [row(account, team["Ben"])]
    moves, (fault,) = match(rows, *meant(org, *rows))
    assert moves == []
    assert "is no longer a client" in fault.message


def test_trn_2_a_name_that_is_not_there_is_answered_with_those_that_are_alike(org, team):
    org.account(team["Ada"], None, Name="Acme Clinics")
    org.account(team["Ada"], None, Name="Bay Care")
    rows = [row("Acme Clinic", "Ben Row")]
    _, faults = match(rows, *meant(org, *rows))
    assert ["Did you mean Acme Clinics" in faults[0].message, "Did you mean Ben Roe?" in faults[1].message] == [
        True
    ] * 2


@pytest.mark.parametrize("odd", ["100% Care_", "O'Neil \\ Sons", "a\nb", "x' OR Name != '"])
@pytest.mark.usefixtures("team")
def test_trn_2_what_is_typed_is_a_text_and_never_a_part_of_the_query(org, odd):
    org.account(None, None, Name="Nobody Typed This")
    accounts, _ = meant(org, row(odd))
    assert accounts == []


def test_trn_2_users_who_left_or_are_no_csms_are_told_apart(org, team):
    org.account(team["Ada"], None, Name="Acme")
    org.user("Zed", IsActive=False, CS_Role__c="CSM")
    org.user("Yan")
    for name, words in (("Zed Roe", "is inactive"), ("Yan Roe", "is not a CSM"), ("Tara Roe", "is not a CSM")):
        rows = [row("Acme", name)]
        _, (fault,) = match(rows, *meant(org, *rows))
        assert words in fault.message


def test_trn_2_two_hundred_rows_are_one_call(org, team):
    names = [f"Clinic {number}" for number in range(2 * AT_ONCE)]
    org.sandbox.seed(
        salesforce={
            "records": [{"type": "Account", "Name": name, "Customer_Success_Manager__c": team["Ada"]} for name in names]
        }
    )
    since = org.sandbox.last()
    rows = [row(name, "Ben Roe", number) for number, name in enumerate(names, 2)]
    moves, faults = match(rows, *meant(org, *rows))
    assert (len(moves), faults) == (2 * AT_ONCE, [])
    assert calls(org, since) == 1


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("O\u2019Neil Imaging", "O'Neil Imaging"),
        ("Acme\u00a0\u2013 Nord\u200b", "Acme - Nord"),
        ("Jose Optics", "José Optics"),
        ("Zoë  Labs", "ZOE Labs"),
    ],
)
def test_trn_2_names_are_found_in_salesforce_whatever_their_typography_and_accents(org, team, typed, name):
    org.account(team["Ada"], None, Name=name)
    since = org.sandbox.last()
    rows = [row(typed, "Ben Roe")]
    (move,), faults = match(rows, *meant(org, *rows))
    assert (move.account.name, faults) == (name, [])
    assert calls(org, since) == 2


@pytest.mark.parametrize("typed", ["Xcme Optometry", "Optometry Acme", "Acme Optometri"])
def test_trn_2_a_name_is_proposed_though_it_begins_otherwise(org, team, typed):
    org.account(team["Ada"], None, Name="Acme Optometry")
    rows = [row(typed, "Ben Roe")]
    _, faults = match(rows, *meant(org, *rows))
    assert "Did you mean Acme Optometry" in faults[0].message


def test_trn_2_a_pattern_holds_nothing_that_a_query_obeys():
    typed = "100% O'Neil \\ _x_ \n Müller' OR Name != '"
    assert set(same_letters(typed) + "".join(stems(typed))) <= set("abcdefghijklmnopqrstuvwxyz0123456789%_")
