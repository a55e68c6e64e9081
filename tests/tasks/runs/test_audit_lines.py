"""Every effect is one line of the account's page, and a doubt stands only until it is settled (D-11)."""

from tasks.runs.audit import deduplicate


def line(record, *, lost=False, after="2027-03-31", run="r1"):
    done = {"run": run, "system": "LMS", "field": "Last Day of Service", "before": "", "after": after, "rule": "PUB-4"}
    return {**done, "record": record, "note": "the answer was lost" if lost else ""}


def test_a_line_that_is_told_again_stands_once_and_that_of_another_run_beside_it():
    again = line("Company 1", run="r2")
    assert deduplicate([line("Company 1"), line("Company 1"), again]) == [line("Company 1"), again]


def test_a_doubt_is_gone_once_the_same_record_is_told_without_one():
    lost = line("Company 1", lost=True)
    assert deduplicate([lost, lost]) == [lost]
    assert deduplicate([lost, line("Company 1")]) == [line("Company 1")]
    assert deduplicate([line("Company 1"), lost]) == [line("Company 1")]


def test_a_doubt_about_one_record_is_not_settled_by_the_same_change_of_another():
    lost = [line("Publication 1", lost=True), line("Publication 2", lost=True)]
    assert deduplicate([*lost, line("Company 1")]) == [*lost, line("Company 1")]


def test_a_doubt_about_a_record_without_an_id_is_settled_by_the_one_that_has_it():
    lost = line("Company (new)", lost=True)
    assert deduplicate([lost, line("Company 48213")]) == [line("Company 48213")]
    assert deduplicate([lost, line("Company 48213", after="other")]) == [lost, line("Company 48213", after="other")]
