"""The figures of reading every client, before any is read."""

from benchmarks.reconciliation import reading_figures

READ = {"clients": 4001, "drift": 4, "not_read": 0, "seconds_of_lists": 1.0, "seconds": 8.0}


def journal(**counts):
    return [{"system": system, "path": "/x"} for system, count in counts.items() for _ in range(count)]


def figures(clients=4001, bound=9, **counts):
    usual = {"salesforce": 9, "lms": 8, "recurly": 21, "outreach": 2}
    return reading_figures(clients, READ, bound, journal(**usual | counts))


def test_a_reading_within_its_bounds_has_nothing_above_them():
    found = figures()
    assert (found["clients_a_second"], found["clients_missing"]) == (4001 / 8, 0)
    above = {name: value for name, value in found.items() if name.endswith("above_bound")}
    assert above == {"calls_above_bound": 0, "lms_calls_above_bound": 0, "recurly_calls_above_bound": 0}
    assert (found["calls_salesforce"], found["calls_outreach"]) == (9, 2)


def test_calls_above_a_bound_are_counted_for_each_system():
    found = figures(salesforce=11, lms=11, recurly=24)
    names = ("calls_above_bound", "lms_calls_above_bound", "recurly_calls_above_bound")
    assert [found[name] for name in names] == [2, 3, 3]


def test_clients_that_were_not_read_or_read_twice_are_missing():
    assert figures(clients=4003)["clients_missing"] == figures(clients=3999)["clients_missing"] == 2


def test_calls_for_a_token_are_not_counted():
    entries = [*journal(salesforce=9, lms=8), {"system": "salesforce", "path": "/services/oauth2/token"}]
    assert reading_figures(4001, READ, 9, entries)["calls_salesforce"] == 9
