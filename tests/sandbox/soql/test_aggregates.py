"""COUNT, SUM and their like (contracts 1.3)."""

from sandbox.salesforce.soql.engine import run
from tests.sandbox.soql.asking import ask, clock


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
