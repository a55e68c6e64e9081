"""SOQL as Salesforce answers it (contracts 1.3), and as the issue lists what flows need of it."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.format import format_soql

from sandbox.house import Clock, Credentials, House
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org
from sandbox.salesforce.soql.engine import run

TODAY = date(2026, 3, 18)  # a Wednesday


@pytest.fixture
def org():
    house = House(Credentials.from_environment({}))
    house.clock.set(TODAY)
    return Org(house)


def clock():
    set_clock = Clock()
    set_clock.set(TODAY)
    return set_clock


def ask(org, statement, *, deleted=False):
    result = run(org.store, clock(), statement, deleted=deleted)
    return [result.render(row, "/services/data/v59.0") for row in result.rows]


def names(org, where, source="Account"):
    return [row["Name"] for row in ask(org, format_soql("SELECT Name FROM {:literal} WHERE {:literal}", source, where))]


def code(org, statement):
    with pytest.raises(SalesforceError) as no:
        ask(org, statement)
    return no.value.code


@pytest.fixture
def three(org):
    """Three accounts: with everything, with little, with nothing."""
    org.plant("Account", Name="Alpha", Industry="Healthcare", MRR__c=100.0)
    org.plant("Account", Name="beta_x", Industry="Education", MRR__c=50.0)
    org.plant("Account", Name="Gamma%")
    return org


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


@pytest.mark.parametrize(
    ("literal", "first", "last"),
    [
        ("TODAY", TODAY, TODAY),
        ("YESTERDAY", date(2026, 3, 17), date(2026, 3, 17)),
        ("TOMORROW", date(2026, 3, 19), date(2026, 3, 19)),
        ("LAST_N_DAYS:7", date(2026, 3, 11), TODAY),
        ("NEXT_N_DAYS:7", date(2026, 3, 19), date(2026, 3, 25)),
        ("N_DAYS_AGO:3", date(2026, 3, 15), date(2026, 3, 15)),
        ("LAST_90_DAYS", date(2025, 12, 18), TODAY),
        ("THIS_WEEK", date(2026, 3, 15), date(2026, 3, 21)),
        ("THIS_MONTH", date(2026, 3, 1), date(2026, 3, 31)),
        ("LAST_MONTH", date(2026, 2, 1), date(2026, 2, 28)),
        ("NEXT_MONTH", date(2026, 4, 1), date(2026, 4, 30)),
        ("LAST_N_MONTHS:2", date(2026, 1, 1), date(2026, 2, 28)),
        ("THIS_QUARTER", date(2026, 1, 1), date(2026, 3, 31)),
        ("NEXT_QUARTER", date(2026, 4, 1), date(2026, 6, 30)),
        ("THIS_YEAR", date(2026, 1, 1), date(2026, 12, 31)),
        ("LAST_YEAR", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_a_date_literal_is_a_stretch_of_days(org, literal, first, last):
    day = timedelta(days=1)
    for on in (first - day, first, last, last + day):
        org.plant("Opportunity", Name=on.isoformat(), StageName="Closed Won", CloseDate=on.isoformat())
    inside = {first.isoformat(), last.isoformat()}
    assert set(names(org, f"CloseDate = {literal}", "Opportunity")) == inside
    assert set(names(org, f"CloseDate < {literal}", "Opportunity")) == {(first - day).isoformat()}
    assert set(names(org, f"CloseDate > {literal}", "Opportunity")) == {(last + day).isoformat()}
    assert set(names(org, f"CloseDate >= {literal}", "Opportunity")) == inside | {(last + day).isoformat()}
    assert set(names(org, f"CloseDate != {literal}", "Opportunity")).isdisjoint(inside)


def test_a_day_of_an_instant_begins_at_midnight_in_the_org_s_time_zone(org):
    # New York is four hours behind UTC in March.
    for at in ("2026-03-18T03:59:59.000+0000", "2026-03-18T04:00:00.000+0000", "2026-03-19T03:59:59.000+0000"):
        org.plant("Event", Subject=at, StartDateTime=at)
    found = ask(org, "SELECT Subject FROM Event WHERE StartDateTime = TODAY")
    assert [row["Subject"][:13] for row in found] == ["2026-03-18T04", "2026-03-19T03"]


def test_instants_compare_across_offsets(org):
    org.plant("Event", Subject="e", StartDateTime="2026-03-18T12:00:00.000+0000")
    for literal in ("2026-03-18T12:00:00Z", "2026-03-18T08:00:00-04:00", "2026-03-18T13:00:00.000+0100"):
        assert len(ask(org, format_soql("SELECT Id FROM Event WHERE StartDateTime = {:literal}", literal))) == 1


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


def test_count_alone_answers_a_number_and_no_records(three):
    result = run(three.store, clock(), "SELECT COUNT() FROM Account WHERE MRR__c != null")
    assert (result.total, result.rows) == (2, [])


def test_aggregates_skip_nulls_and_are_named_by_alias_or_number(three):
    soql = "SELECT COUNT(Id) n, COUNT(MRR__c), SUM(MRR__c), AVG(MRR__c), MIN(Name), MAX(MRR__c) top FROM Account"
    assert ask(three, soql) == [
        {
            "attributes": {"type": "AggregateResult"},
            "n": 3, "expr0": 2, "expr1": 150.0, "expr2": 75.0, "expr3": "Alpha", "top": 100.0,
        }
    ]  # fmt: skip


def test_an_aggregate_over_nothing_is_one_row_of_nulls(org):
    row = ask(org, "SELECT COUNT(Id) n, SUM(MRR__c) s FROM Account")[0]
    assert (row["n"], row["s"]) == (0, None)


def test_groups_by_a_parent_s_field_with_having_and_order(org):
    for owner, mrrs in (("Ann", (1.0, 2.0)), ("Bob", (5.0,)), ("Cyd", (1.0, 1.0, 1.0))):
        user = org.plant("User", LastName=owner, Email=f"{owner}@x.org", Username=f"{owner}@x.org")
        for mrr in mrrs:
            org.plant("Account", Name="x", OwnerId=user, MRR__c=mrr)
    soql = (
        "SELECT Owner.Name, COUNT(Id) n, SUM(MRR__c) total FROM Account GROUP BY Owner.Name "
        "HAVING COUNT(Id) > 1 ORDER BY SUM(MRR__c) DESC, Owner.Name DESC"
    )
    assert [(row["Name"], row["n"], row["total"]) for row in ask(org, soql)] == [("Cyd", 3, 3.0), ("Ann", 2, 3.0)]


def test_counting_distinct_values_ignores_case(org):
    for name in ("a", "A", "b"):
        org.plant("Account", Name=name)
    assert ask(org, "SELECT COUNT_DISTINCT(Name) n FROM Account")[0]["n"] == 2


def test_the_bin_is_seen_by_query_all_only(org):
    org.amend("Account", org.plant("Account", Name="Gone"), IsDeleted=True)
    org.plant("Account", Name="Here")
    assert [row["Name"] for row in ask(org, "SELECT Name FROM Account")] == ["Here"]
    everything = ask(org, "SELECT Name, IsDeleted FROM Account", deleted=True)
    assert [(row["Name"], row["IsDeleted"]) for row in everything] == [("Gone", True), ("Here", False)]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT Nme FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nme = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Nme", "INVALID_FIELD"),
        ("SELECT Id FROM Account GROUP BY Nme", "INVALID_FIELD"),
        ("SELECT Boss.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Id, (SELECT Nme FROM Contacts) FROM Account", "INVALID_FIELD"),
        ("SELECT Id, (SELECT Id FROM Contacts WHERE Nme = 1) FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Nme FROM Contact)", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE MRR__c = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE IsWon = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-01-01T00:00:00Z", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Acount", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Contact) FROM Account", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Nope)", "INVALID_TYPE"),
        ("", "MALFORMED_QUERY"),
        ("SELECT FROM Account", "MALFORMED_QUERY"),
        ("SELECT * FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name == 'x'", "MALFORMED_QUERY"),
        (r"SELECT Id FROM Account WHERE Name = '\q'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = SOMEDAY", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-02-30", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = TODAY", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 1 WHERE Name = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id, Id FROM Account", "MALFORMED_QUERY"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY"),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY"),
        ("SELECT NONSENSE(Name) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE COUNT(Id) > 1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE MRR__c > null", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Name FROM Contact)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account; DROP", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE MRR__c LIKE '5%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Name INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR"),
    ],
)
def test_what_is_wrong_is_refused_with_salesforce_s_code(org, statement, expected):
    assert code(org, statement) == expected


def test_an_unknown_field_is_named_as_salesforce_names_it(org):
    with pytest.raises(SalesforceError, match="No such column 'Nme' on entity 'Account'"):
        ask(org, "SELECT Nme FROM Account")


@given(st.text(alphabet="SELECTFROMWHERE abcId'(),.=<>!%_\\0123456789-:*\n", max_size=60))
def test_any_text_is_a_statement_or_refused_in_words(text):
    house = House(Credentials.from_environment({}))
    with suppress(SalesforceError):
        ask(Org(house), format_soql("SELECT Id FROM Account {:literal}", text))


WORDS = st.sampled_from(["Alpha", "ALPHA", "beta", "be", "", "a'b", "x%y", "ß"])
AMOUNTS = st.sampled_from([None, -1.5, 0.0, 1.0, 2.0, 1e9])
DAYS = st.sampled_from([None, *(TODAY + timedelta(days=off) for off in (-31, -1, 0, 1, 400))])
ROWS = st.lists(st.tuples(WORDS, AMOUNTS, DAYS), max_size=8)


def quoted(word):
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


def is_word(row, word):
    """Whether NextStep is this word, without case; the empty string stands for null on both sides."""
    return row[0].lower() == word.lower()


def text_condition(word):
    return st.sampled_from(
        [
            (f"NextStep = {quoted(word)}", lambda row: is_word(row, word)),
            (f"NextStep != {quoted(word)}", lambda row: not is_word(row, word)),
            (f"NextStep IN ({quoted(word)}, 'beta')", lambda row: is_word(row, word) or row[0] == "beta"),
            ("NextStep LIKE 'a%'", lambda row: row[0].lower().startswith("a")),
        ]
    )


def amount_condition(amount):
    if amount is None:
        return st.sampled_from(
            [("Amount = null", lambda row: row[1] is None), ("Amount != null", lambda row: row[1] is not None)]
        )
    return st.sampled_from(
        [
            (f"Amount < {amount:f}", lambda row: row[1] is not None and row[1] < amount),
            (f"Amount >= {amount:f}", lambda row: row[1] is not None and row[1] >= amount),
            (f"Amount != {amount:f}", lambda row: row[1] != amount),
        ]
    )


def day_condition(day):
    if day is None:
        return st.just(
            ("Future_Billing_Date__c = LAST_N_DAYS:1", lambda row: row[2] in (TODAY, TODAY - timedelta(days=1)))
        )
    return st.sampled_from(
        [
            (f"Future_Billing_Date__c > {day}", lambda row: row[2] is not None and row[2] > day),
            (f"Future_Billing_Date__c <= {day}", lambda row: row[2] is not None and row[2] <= day),
        ]
    )


def every(parts):
    return " AND ".join(f"({soql})" for soql, _ in parts), lambda row: all(holds(row) for _, holds in parts)


def some(parts):
    return " OR ".join(f"({soql})" for soql, _ in parts), lambda row: any(holds(row) for _, holds in parts)


def negated(part):
    return f"NOT ({part[0]})", lambda row: not part[1](row)


LEAVES = st.one_of(WORDS.flatmap(text_condition), AMOUNTS.flatmap(amount_condition), DAYS.flatmap(day_condition))
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=3).map(every),
        st.lists(parts, min_size=2, max_size=3).map(some),
        parts.map(negated),
    ),
    max_leaves=6,
)


@given(ROWS, CONDITIONS)
def test_any_condition_chooses_what_plain_python_chooses(rows, condition):
    soql, holds = condition
    house = House(Credentials.from_environment({}))
    house.clock.set(TODAY)
    org = Org(house)
    for number, (word, amount, day) in enumerate(rows):
        org.plant(
            "Opportunity", Name=str(number), NextStep=word or None, Amount=amount,
            Future_Billing_Date__c=day and day.isoformat(),
        )  # fmt: skip
    wanted = [str(number) for number, row in enumerate(rows) if holds(row)]
    assert names(org, soql, "Opportunity") == wanted


@given(st.lists(st.tuples(WORDS, AMOUNTS), max_size=10), st.booleans(), st.booleans())
def test_sorting_is_stable_and_keeps_every_row(rows, descending, nulls_last):
    house = House(Credentials.from_environment({}))
    org = Org(house)
    for word, amount in rows:
        org.plant("Opportunity", Name=word or "-", Amount=amount)
    order = f"Amount {'DESC' if descending else 'ASC'} NULLS {'LAST' if nulls_last else 'FIRST'}"
    found = [
        row["Amount"] for row in ask(org, format_soql("SELECT Amount FROM Opportunity ORDER BY {:literal}", order))
    ]
    empty = [None] * sum(amount is None for _, amount in rows)
    full = sorted((amount for _, amount in rows if amount is not None), reverse=descending)
    assert found == (full + empty if nulls_last else empty + full)


def test_an_instant_of_a_record_is_written_as_salesforce_writes_it(org):
    org.plant("Account", Name="Acme")
    created = ask(org, "SELECT CreatedDate FROM Account")[0]["CreatedDate"]
    assert datetime.strptime(created, "%Y-%m-%dT%H:%M:%S.000+0000").replace(tzinfo=UTC)
