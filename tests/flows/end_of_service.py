"""What became of a client whose service ends, and the day on which it is looked at."""

from datetime import date, timedelta

TODAY = date(2031, 3, 10)


def in_lms(client):
    """Status and last day of the company, then of each publication."""
    return [(one["status"], one["deactivateOn"]) for one in (client.in_lms(), *client.issues())]


def told(client):
    """The news that each of the two channels was told; which of them comes first is left open."""
    sales, the_csm = (
        [one.partition(":")[0] for one in client.told() if one.endswith(whom)] for whom in (":sales", ":the CSM")
    )
    assert sales == the_csm
    return sales


def in_days(days):
    return (TODAY + timedelta(days=days)).isoformat()
