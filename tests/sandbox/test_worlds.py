"""The worlds a sandbox begins with (contracts 10): what the demo shows, and that worlds are repeatable."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from simple_salesforce.format import format_soql

from rules.onboarding.permissions import modules_for, parse_matrix
from sandbox.scenarios.drifting import DRIFTS
from tasks.workbooks.reader import read_xlsx
from tests.sandbox.clients import connect

SALE = (
    "SELECT Id, Name, StageName, Service_Level__c, Services_Included__c, Future_Billing_Date__c, AccountId, "
    "Account.Name, ContractId, Contract.Products__c, Contract.Service_Level__c, Contract.User_Count__c, "
    "Contract.Billing_Start_Date__c, "
    "(SELECT IsPrimary, Contact.Email, Contact.Phone FROM OpportunityContactRoles) FROM Opportunity "
    "WHERE Account.Type = 'Prospect'"
)

PERMISSIONS = Path(__file__).parents[2] / "deployments" / "Permissions.xlsx"


def permission_rows(path):
    """The rows of the permission matrix by header."""
    (header, *rows) = read_xlsx(path.read_bytes()).tables[0].rows
    return [{header.cells[place].text: cell.text for place, cell in row.cells.items()} for row in rows]


@pytest.fixture
def sf(stand_in):
    stand_in.reset("demo")
    yield connect(stand_in)
    stand_in.reset("empty")


def sales(sf):
    """The demo's sales by company."""
    return {row["Account"]["Name"].split()[0]: row for row in sf.query(SALE)["records"]}


def roles(row):
    return row["OpportunityContactRoles"]["records"]


def by_name(records, name):
    return next(record for record in records if record["name"].startswith(name))


def test_an_empty_world_has_an_organization_a_report_and_an_integration_user(stand_in):
    counts = stand_in.state("salesforce")["counts"]
    assert {name: count for name, count in counts.items() if count} == {"Organization": 1, "Report": 1, "User": 1}
    sf = connect(stand_in)
    assert sf.query("SELECT Id FROM Organization")["records"][0]["Id"] == stand_in.credentials.organization_id


def test_the_demo_lists_what_each_sale_shows_the_orderly_one_first(sf, stand_in):
    demo = stand_in.state("salesforce")["demo"]
    assert demo[0]["name"] == "Northwind Pediatrics \N{EN DASH} all in order"
    assert len(demo) >= 12
    assert len({one["shows"] for one in demo}) == len(demo)
    assert {one["opportunity_id"] for one in demo} == {row["Id"] for row in sf.query(SALE)["records"]}


def test_every_demo_sale_is_still_to_be_won(sf):
    assert {row["StageName"] for row in sales(sf).values()} == {"Negotiation/Review"}


def test_the_orderly_sale_has_all_three_services_and_one_primary_contact(sf):
    row = sales(sf)["Northwind"]
    assert row["Services_Included__c"] == row["Contract"]["Products__c"]
    assert row["Services_Included__c"] == "Learning;Compliance;Credentialing Software"
    assert row["Service_Level__c"] == row["Contract"]["Service_Level__c"] == "premium"
    assert [role["IsPrimary"] for role in roles(row)] == [True]
    assert "@" in roles(row)[0]["Contact"]["Email"]


def test_the_demo_shows_every_fault_of_the_records(sf):
    found = sales(sf)
    assert found["Harbor"]["Services_Included__c"] == "Credentialing Service"
    assert "Credentialing Service" in found["Summit"]["Services_Included__c"].split(";")
    assert found["Bluebird"]["Service_Level__c"] != found["Bluebird"]["Contract"]["Service_Level__c"]
    assert found["Juniper"]["Contract"]["Service_Level__c"] is None
    assert found["Ironwood"]["Contract"]["Service_Level__c"] == "gold"
    assert "Telehealth" in found["Birchwood"]["Contract"]["Products__c"]
    assert found["Cypress"]["ContractId"] is None
    assert [role["IsPrimary"] for role in roles(found["Dogwood"])] == [True, True]
    assert not any(role["IsPrimary"] for role in roles(found["Elmhurst"]))
    assert "@" not in roles(found["Fernhill"])[0]["Contact"]["Email"]
    assert found["Ginkgo"]["Contract"]["User_Count__c"] < 0
    assert roles(found["Hazelwood"])[0]["Contact"]["Phone"] is None
    assert found["Ivy"]["Contract"]["Billing_Start_Date__c"] is None
    assert [found[name]["Contract"]["User_Count__c"] for name in ("Quarry", "Riverbend")] == [25, 26]
    later, earlier = found["Maple"], found["Orchard"]
    assert later["Future_Billing_Date__c"] > later["Contract"]["Billing_Start_Date__c"]
    assert earlier["Future_Billing_Date__c"] > earlier["Contract"]["Billing_Start_Date__c"]


def test_one_sale_is_missing_from_the_report_when_it_is_won(sf, stand_in):
    found = sales(sf)
    for name in ("Northwind", "Lakeside"):
        sf.Opportunity.update(found[name]["Id"], {"StageName": "Closed Won"})
    path = f"analytics/reports/{stand_in.state('salesforce')['onboarding_report_id']}"
    rows = sf.restful(path, params={"includeDetails": "true"})["factMap"]["T!T"]["rows"]
    listed = {row["dataCells"][0]["value"] for row in rows}
    assert [found[name]["Id"] in listed for name in ("Northwind", "Lakeside")] == [True, False]


def test_the_held_e_mails_are_held_in_the_lms(sf, stand_in):
    users = {user["email"]: user["kind"] for user in stand_in.state("lms")["users"]}
    found = sales(sf)
    held = {name: users.get(roles(found[name])[0]["Contact"]["Email"]) for name in found if roles(found[name])}
    assert {name: kind for name, kind in held.items() if kind} == {
        "Stonebridge": "demo", "Tidewater": "trial", "Upland": "customer", "Valley": "customer",
        "Jasmine": "customer",
    }  # fmt: skip
    local, _, domain = roles(found["Valley"])[0]["Contact"]["Email"].partition("@")
    assert f"{local}+1@{domain}" in users


def test_what_is_in_place_already_agrees_in_all_systems(sf, stand_in):
    account = sf.Account.get(sales(sf)["Jasmine"]["AccountId"])
    company = by_name(stand_in.state("lms")["companies"], "Jasmine")
    (billed,) = [one for one in stand_in.state("recurly")["accounts"] if one["company"].startswith("Jasmine")]
    assert company["accountId"] == billed["code"] == account["Id"]
    assert (account["LMS_Company_Id__c"], account["Recurly_Account_Id__c"]) == (company["id"], billed["id"])
    assert account["Recurly_Billing_URL__c"]


def test_csms_have_leads_segments_books_and_some_are_away(sf):
    csms = sf.query("SELECT Id, Name, IsActive, ManagerId, CS_Segments__c FROM User WHERE CS_Role__c = 'CSM'")[
        "records"
    ]
    assert all(csm["ManagerId"] for csm in csms)
    # Assignments give them no account: one goes on leave, the other holds the clients that have drifted.
    assert [csm["Name"] for csm in csms if not csm["CS_Segments__c"]] == ["Hana Berg", "Ines Keller"]
    assert {csm["IsActive"] for csm in csms} == {True, False}
    away = "SELECT OwnerId FROM Event WHERE ShowAs = 'OutOfOffice' AND StartDateTime <= TODAY AND EndDateTime >= TODAY"
    assert {event["OwnerId"] for event in sf.query(away)["records"]} < {csm["Id"] for csm in csms}
    books = sf.query(
        "SELECT Customer_Success_Manager__c csm, COUNT(Id) n, SUM(MRR__c) mrr FROM Account "
        # The CSM of Gardenia Rehab has left: that is its drift.
        "WHERE CS_Status__c = 'Active' AND Name != 'Gardenia Rehab' GROUP BY Customer_Success_Manager__c"
    )["records"]
    assert sum(book["n"] for book in books) >= 30
    assert {book["csm"] for book in books} == {csm["Id"] for csm in csms if csm["IsActive"]}
    assert len({book["mrr"] for book in books}) == len(books)


@pytest.mark.usefixtures("sf")
def test_every_drift_of_the_demo_is_listed_with_its_sentence(stand_in):
    listed = {one["name"]: one["shows"] for one in stand_in.state("salesforce")["endings"]}
    assert all(drifting.sentence in listed[drifting.company] for drifting in DRIFTS)
    assert len({drifting.sentence for drifting in DRIFTS}) == len(DRIFTS) == 12


def test_every_user_is_a_member_of_the_slack_workspace(sf, stand_in):
    members = str(stand_in.state("slack")["members"])
    assert all(user["Email"] in members for user in sf.query("SELECT Email FROM User")["records"])


def timeless(state):
    """The records without the moment they were made."""
    moments = {"CreatedDate", "LastModifiedDate", "SystemModstamp"}
    return {
        name: [{key: value for key, value in row.items() if key not in moments} for row in rows]
        for name, rows in state["records"].items()
    }


@pytest.mark.parametrize("world", ["demo", "generated"])
def test_a_world_is_the_same_each_time(stand_in, world):
    made = []
    for _ in range(2):
        stand_in.reset(world, seed=11, accounts=200)
        made.append(timeless(stand_in.state("salesforce")))
    assert made[0] == made[1]
    stand_in.reset("empty")


def test_another_seed_makes_another_world_of_the_same_size(stand_in):
    made = []
    for seed in (1, 2):
        stand_in.reset("generated", seed=seed, accounts=300)
        made.append(stand_in.state("salesforce"))
    assert [state["counts"]["Account"] for state in made] == [300, 300]
    assert [state["counts"]["Contract"] for state in made] == [300, 300]
    assert timeless(made[0])["Account"] != timeless(made[1])["Account"]
    stand_in.reset("empty")


def test_a_generated_world_has_lasting_and_ending_contracts_and_closed_sales(stand_in):
    stand_in.reset("generated", accounts=1_000)
    sf = connect(stand_in)
    for condition in ("EndDate > TODAY", "EndDate = NEXT_N_DAYS:60"):
        assert sf.query(format_soql("SELECT COUNT() FROM Contract WHERE {:literal}", condition))["totalSize"] > 0
    assert sf.query("SELECT COUNT() FROM Opportunity WHERE IsWon = true")["totalSize"] == 200
    segments = Counter(row["CS_Segmentation__c"] for row in stand_in.state("salesforce")["records"]["Account"])
    assert set(segments) == {"SMB", "Mid-Market", "Enterprise"}
    stand_in.reset("empty")


def test_in_a_generated_world_a_customers_csm_is_there_since_the_contracts_start(stand_in):
    stand_in.reset("generated", accounts=300)
    records = stand_in.state("salesforce")["records"]
    started = {row["AccountId"]: row["StartDate"] for row in records["Contract"]}
    assert {row["Id"]: row["CSM_Assigned_On__c"][:10] for row in records["Account"]} == started
    assert all(row["Customer_Success_Manager__c"] for row in records["Account"])
    stand_in.reset("empty")


def test_in_a_generated_world_a_closed_sale_names_the_accounts_csm_and_leader(stand_in):
    stand_in.reset("generated", accounts=300)
    records = stand_in.state("salesforce")["records"]
    accounts = {row["Id"]: row for row in records["Account"]}
    assert len(records["Opportunity"]) == 60
    for sale in records["Opportunity"]:
        account = accounts[sale["AccountId"]]
        assert sale["CloseDate"] == account["CSM_Assigned_On__c"][:10]
        assert sale["Customer_Success_Manager_NEW__c"] == account["Customer_Success_Manager__c"]
        assert sale["Customer_Onboarding_Manager_NEW__c"] == account["Customer_Success_Manager__c"]
        assert sale["Customer_Success_Manager_Leader_NEW__c"] == account["Customer_Success_Manager_Leader__c"]
    stand_in.reset("empty")


@pytest.mark.parametrize(("accounts", "csms"), [(60, 2), (600, 10), (12_600, 200)])
def test_a_generated_world_has_a_csm_for_sixty_accounts_and_two_hundred_at_most(stand_in, accounts, csms):
    stand_in.reset("generated", accounts=accounts)
    assert connect(stand_in).query("SELECT COUNT() FROM User WHERE CS_Role__c = 'CSM'")["totalSize"] == csms
    stand_in.reset("empty")


def customers(stand_in, **size):
    """The accounts of a generated world, each with its contract, company, Recurly account and onboarding records."""
    stand_in.reset("generated", **size)
    records, lms = stand_in.state("salesforce")["records"], stand_in.state("lms")
    contracts = {row["AccountId"]: row for row in records["Contract"]}
    companies = {row["accountId"]: row for row in lms["companies"]}
    billed = {row["code"]: row for row in stand_in.state("recurly")["accounts"]}
    accounts = records["Account"]
    stand_in.reset("empty")
    assert len(companies) == len(billed) == len(accounts)
    return [(one, contracts[one["Id"]], companies[one["Id"]], billed[one["Id"]]) for one in accounts]


def test_a_generated_customer_is_the_same_in_every_system(stand_in):
    matrix, faults = parse_matrix(permission_rows(PERMISSIONS))
    assert not faults
    for account, contract, company, billed in customers(stand_in, accounts=300):
        assert account["LMS_Company_Id__c"] == company["id"]
        assert account["Recurly_Account_Id__c"] == billed["id"]
        assert account["Recurly_Billing_URL__c"] == f"https://sandbox.recurly.com/accounts/{account['Id']}"
        users = int(contract["User_Count__c"])
        assert (company["userCount"], company["locationCount"]) == (users, -(-users // 25))
        assert Decimal(company["planAmount"]) == Decimal(str(contract["Plan_Amount__c"]))
        modules = modules_for(contract["Products__c"].split(";"), contract["Service_Level__c"], matrix)
        assert tuple(sorted(company["modules"])) == modules


def test_a_generated_customer_has_an_active_csm_and_a_sale_its_sent_welcome(stand_in):
    stand_in.reset("generated", accounts=3_000)
    records = stand_in.state("salesforce")["records"]
    stand_in.reset("empty")
    users = {row["Id"]: row for row in records["User"]}
    assert not all(row["IsActive"] for row in users.values())
    assert all(users[row["Customer_Success_Manager__c"]]["IsActive"] for row in records["Account"])
    sold = {row["Id"]: row for row in records["Opportunity"]}
    assert {row["Opportunity__c"] for row in records["Customer_Onboarding__c"]} == sold.keys()
    for row in records["Customer_Onboarding__c"]:
        sale = sold[row["Opportunity__c"]]
        sent = (row["Account__c"], row["Onboarding_Email_Sent_Date__c"], row["Send_Onboarding_Email__c"])
        assert sent == (sale["AccountId"], sale["CloseDate"], True)


def test_drift_that_was_ordered_is_one_user_too_many(stand_in):
    made = customers(stand_in, accounts=30, drift_every=10)
    more = [company["userCount"] - contract["User_Count__c"] for _, contract, company, _ in made]
    assert [number for number, users in enumerate(more, 1) if users] == [10, 20, 30]
    assert set(more) == {0, 1}
