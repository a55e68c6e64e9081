"""What SOQL chooses and shows (contracts 1.3)."""

from datetime import UTC, datetime

import pytest
from simple_salesforce.format import format_soql

from sandbox.salesforce import schema
from tests.sandbox.soql.asking import ask, code, names


def test_a_record_carries_its_type_and_its_url(org):
    account = org.plant("Account", Name="Acme")
    assert ask(org, "SELECT Id, Name FROM Account") == [
        {
            "attributes": {"type": "Account", "url": f"/services/data/v59.0/sobjects/Account/{account}"},
            "Id": account,
            "Name": "Acme",
        }
    ]


def test_names_are_answered_in_the_schema_s_spelling_however_they_were_asked(three):
    assert list(ask(three, "select NAME, mrr__C from ACCOUNT limit 1")[0]) == ["attributes", "Name", "MRR__c"]


def test_parents_nest_to_depth_three(org):
    boss = org.plant("User", FirstName="Tara", LastName="Lind", Email="t@x.org", Username="t@x.org")
    owner = org.plant("User", LastName="Rsm", Email="r@x.org", Username="r@x.org", ManagerId=boss)
    account = org.plant("Account", Name="Acme", OwnerId=owner)
    org.plant("Contact", LastName="Doe", AccountId=account)
    row = ask(org, "SELECT Account.Owner.Manager.Name FROM Contact")[0]
    assert row["Account"]["Owner"]["Manager"]["Name"] == "Tara Lind"


def test_custom_look_ups_are_reached_by_r(org):
    csm = org.plant("User", FirstName="Ada", LastName="Novak", Email="a@x.org", Username="a@x.org")
    org.plant("Account", Name="Acme", Customer_Success_Manager__c=csm)
    row = ask(org, "SELECT Customer_Success_Manager__r.Name FROM Account")[0]
    assert row["Customer_Success_Manager__r"]["Name"] == "Ada Novak"


def test_an_empty_look_up_shows_its_parent_as_null(org):
    org.plant("Contact", LastName="Alone")
    assert ask(org, "SELECT Account.Name FROM Contact")[0]["Account"] is None


def test_a_polymorphic_parent_shows_name_and_type(org):
    account = org.plant("Account", Name="Acme")
    org.plant("Task", Subject="Call", WhatId=account)
    what = ask(org, "SELECT What.Name, What.Type FROM Task")[0]["What"]
    assert (what["Name"], what["Type"]) == ("Acme", "Account")


def test_children_come_as_a_page_with_their_own_conditions(org):
    account = org.plant("Account", Name="Acme")
    for number, email in enumerate(("c@x.org", None, "b@x.org", "a@x.org")):
        org.plant("Contact", LastName=f"C{number}", AccountId=account, Email=email)
    soql = "SELECT Id, (SELECT LastName FROM Contacts WHERE Email != null ORDER BY Email LIMIT 2) FROM Account"
    children = ask(org, soql)[0]["Contacts"]
    assert (children["totalSize"], children["done"]) == (2, True)
    assert [child["LastName"] for child in children["records"]] == ["C3", "C2"]


def test_no_children_are_null_and_not_an_empty_page(org):
    org.plant("Account", Name="Acme")
    assert ask(org, "SELECT Id, (SELECT Id FROM Contacts) FROM Account")[0]["Contacts"] is None


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Name = 'ALPHA'", ["Alpha"]),
        ("Name != 'alpha'", ["beta_x", "Gamma%"]),
        ("Name <> 'alpha'", ["beta_x", "Gamma%"]),
        ("Industry != 'Healthcare'", ["beta_x", "Gamma%"]),
        ("Industry = null", ["Gamma%"]),
        ("Industry = ''", ["Gamma%"]),
        ("Industry != null", ["Alpha", "beta_x"]),
        ("MRR__c > 50", ["Alpha"]),
        ("MRR__c >= 50.0", ["Alpha", "beta_x"]),
        ("MRR__c < 100", ["beta_x"]),
        ("NOT MRR__c < 100", ["Alpha", "Gamma%"]),
        ("Name LIKE 'a%'", ["Alpha"]),
        ("Name LIKE '%A'", ["Alpha"]),
        (r"Name LIKE '%\_%'", ["beta_x"]),
        (r"Name LIKE '%\%'", ["Gamma%"]),
        ("Name LIKE '_amma_'", ["Gamma%"]),
        ("Industry LIKE '%'", ["Alpha", "beta_x"]),
        ("Industry IN ('education', null)", ["beta_x", "Gamma%"]),
        ("Industry NOT IN ('Education')", ["Alpha", "Gamma%"]),
        ("(Name = 'Alpha' OR MRR__c = 50) AND Industry != null", ["Alpha", "beta_x"]),
        ("NOT (Name = 'Alpha' OR Name = 'beta_x')", ["Gamma%"]),
        ("Name < 'b'", ["Alpha"]),
    ],
)
def test_conditions_choose(three, where, found):
    assert names(three, where) == found


def test_strings_may_hold_quotes_and_line_breaks(org):
    org.plant("Account", Name='O\'Hara \\ Sons\n"x"')
    assert names(org, r"Name = 'O\'Hara \\ Sons\n\"x\"'") == ['O\'Hara \\ Sons\n"x"']


def test_multi_selects_are_asked_by_includes_and_excludes(org):
    for name, services in (("A", "Learning"), ("B", "Learning;Compliance"), ("C", None)):
        org.plant(
            "Opportunity", Name=name, StageName="Closed Won", CloseDate="2026-01-01", Services_Included__c=services
        )
    assert names(org, "Services_Included__c INCLUDES ('Learning')", "Opportunity") == ["A", "B"]
    assert names(org, "Services_Included__c INCLUDES ('compliance;learning')", "Opportunity") == ["B"]
    assert names(org, "Services_Included__c EXCLUDES ('Compliance')", "Opportunity") == ["A", "C"]
    assert names(org, "Services_Included__c = 'Compliance;Learning'", "Opportunity") == ["B"]


def test_ids_are_compared_in_both_lengths_and_with_their_case(org):
    account = org.plant("Account", Name="Acme")
    assert names(org, f"Id = '{account[:15]}'") == ["Acme"]
    assert names(org, f"Id = '{account}'") == ["Acme"]
    assert (
        code(org, format_soql("SELECT Id FROM Account WHERE Id = {}", account[:15].lower() + "xxx"))
        == "INVALID_QUERY_FILTER_OPERATOR"
    )


def test_a_parent_s_empty_field_and_a_missing_parent_are_both_null(org):
    org.plant("Contact", LastName="Alone")
    org.plant("Contact", LastName="Housed", AccountId=org.plant("Account", Name="Acme"))
    assert len(ask(org, "SELECT Id FROM Contact WHERE Account.Industry = null")) == 2
    assert len(ask(org, "SELECT Id FROM Contact WHERE Account.Name = null")) == 1


def test_semi_and_anti_joins(org):
    with_sale, without = org.plant("Account", Name="Sold"), org.plant("Account", Name="Unsold")
    org.plant("Opportunity", Name="O", StageName="Closed Won", CloseDate="2026-01-01", AccountId=with_sale)
    org.plant("Opportunity", Name="P", StageName="Closed Lost", CloseDate="2026-01-01", AccountId=without)
    inner = "(SELECT AccountId FROM Opportunity WHERE IsWon = true)"
    assert names(org, f"Id IN {inner}") == ["Sold"]
    assert names(org, f"Id NOT IN {inner}") == ["Unsold"]


def test_order_puts_nulls_first_unless_told(three):
    def ordered(by):
        return [row["Name"] for row in ask(three, format_soql("SELECT Name FROM Account ORDER BY {:literal}", by))]

    assert ordered("MRR__c") == ["Gamma%", "beta_x", "Alpha"]
    assert ordered("MRR__c DESC") == ["Gamma%", "Alpha", "beta_x"]
    assert ordered("MRR__c DESC NULLS LAST") == ["Alpha", "beta_x", "Gamma%"]
    assert ordered("Name DESC") == ["Gamma%", "beta_x", "Alpha"]


def test_later_criteria_break_ties(org):
    for name, mrr in (("b", 1.0), ("a", 1.0), ("c", 0.0)):
        org.plant("Account", Name=name, MRR__c=mrr)
    rows = ask(org, "SELECT Name FROM Account ORDER BY MRR__c DESC, Name ASC")
    assert [row["Name"] for row in rows] == ["a", "b", "c"]


def test_limit_and_offset_cut(three):
    assert [row["Name"] for row in ask(three, "SELECT Name FROM Account ORDER BY Name LIMIT 1 OFFSET 1")] == ["beta_x"]
    assert code(three, "SELECT Id FROM Account OFFSET 2001") == "NUMBER_OUTSIDE_VALID_RANGE"


def test_the_bin_is_seen_by_query_all_only(org):
    org.amend("Account", org.plant("Account", Name="Gone"), IsDeleted=True)
    org.plant("Account", Name="Here")
    assert [row["Name"] for row in ask(org, "SELECT Name FROM Account")] == ["Here"]
    everything = ask(org, "SELECT Name, IsDeleted FROM Account", deleted=True)
    assert [(row["Name"], row["IsDeleted"]) for row in everything] == [("Gone", True), ("Here", False)]


def test_an_instant_of_a_record_is_written_as_salesforce_writes_it(org):
    org.plant("Account", Name="Acme")
    created = ask(org, "SELECT CreatedDate FROM Account")[0]["CreatedDate"]
    assert datetime.strptime(created, "%Y-%m-%dT%H:%M:%S.000+0000").replace(tzinfo=UTC)


# --- ranges of ids


def clinics(org, count=9):
    return [org.plant("Account", Name=f"C{number}") for number in range(count)]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Id > {0}", range(3, 9)),
        ("Id >= {0}", range(2, 9)),
        ("Id < {1}", range(6)),
        ("Id <= {1}", range(7)),
        ("Id > {0} AND Id <= {1}", range(3, 7)),
        ("Id >= {0} AND Id < {1}", range(2, 6)),
        ("Id > {0} AND Id > {1}", range(7, 9)),
        ("Id > {1} AND Id < {0}", ()),
        ("Id > {0} AND Name != 'C4'", (3, 5, 6, 7, 8)),
        ("Id > {0} OR Id < {0}", (0, 1, 3, 4, 5, 6, 7, 8)),
        ("NOT Id > {0}", range(3)),
    ],
)
def test_a_range_of_ids_holds_the_records_within_its_bounds(org, condition, found):
    ids = clinics(org)
    where = condition.format(f"'{ids[2]}'", f"'{ids[6][:15]}'")
    assert names(org, f"{where} ORDER BY Id") == [f"C{number}" for number in found]
    assert names(org, f"{where} ORDER BY Id LIMIT 2 OFFSET 1") == [f"C{number}" for number in found][1:3]
    assert names(org, f"{where} ORDER BY Id DESC LIMIT 2") == [f"C{number}" for number in reversed(found)][:2]
    assert names(org, f"{where} ORDER BY Name DESC, Id LIMIT 2") == [f"C{number}" for number in reversed(found)][:2]


def test_a_range_of_a_look_up_follows_every_change(org):
    first, second, third = clinics(org, 3)
    contacts = [org.plant("Contact", LastName=f"L{n}", AccountId=one) for n, one in enumerate((second, third, None))]
    where = f"AccountId > '{first}' AND AccountId <= '{second}'"

    def found():
        return names(org, f"{where} ORDER BY LastName", "Contact")

    assert found() == ["L0"]
    org.amend("Contact", contacts[1], AccountId=second)
    org.amend("Contact", contacts[2], AccountId=second)
    org.plant("Contact", LastName="L3", AccountId=second)
    assert found() == ["L0", "L1", "L2", "L3"]
    org.amend("Contact", contacts[0], AccountId=None)
    org.amend("Contact", contacts[1], AccountId=first)
    assert found() == ["L2", "L3"]
    with org.store.transaction(told=False):
        org.records.delete(schema.OBJECTS["Contact"], contacts[2])
    assert found() == ["L3"]


def test_what_is_undone_is_in_no_range(org):
    first, _ = clinics(org, 2)
    where = f"Id > '{first}'"
    assert names(org, where) == ["C1"]
    with pytest.raises(ZeroDivisionError):
        create_and_fail(org, where)
    assert names(org, where) == ["C1"]


def create_and_fail(org, where):
    with org.store.transaction():
        org.records.create(schema.OBJECTS["Account"], {"Name": "C2"})
        assert names(org, where) == ["C1", "C2"]
        raise ZeroDivisionError
