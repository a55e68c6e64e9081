"""What the measurement of past runs computes. Planting and deleting is in tests/stack/test_retention.py."""

from benchmarks.database_size import growth
from benchmarks.retention import _deletion, _sizes


def test_growth_is_that_of_one_run_the_largest_table_first_without_what_hardly_grew():
    before, after = {"log": 1_000, "flow": 500}, {"log": 3_000, "task_run": 9_000, "flow": 510}
    assert list(growth(before, after, 10, least=100).items()) == [("task_run", 900), ("log", 200)]


def test_the_report_sums_the_tables_of_a_run():
    all_tables, largest, _ = _sizes({"onboarding/onboarding": {"task_run": 3 * 1024, "log": 1024}})
    assert (all_tables.value, all_tables.unit) == (4, "KiB")
    assert largest.title == "Growth for a run of onboarding/onboarding: task_run"


def test_deletion_is_reported_by_the_second_and_by_what_it_leaves():
    runs, speed, before, after = _deletion(100, 5.0, {"log": 2**20, "task_run": 2**20}, {"log": 2**20})
    assert [figure.value for figure in (runs, speed, before, after)] == [100, 20, 2, 1]
