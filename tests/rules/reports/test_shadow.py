"""The report of shadow mode: what was planned, against what is there now (ADR-17)."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from rules.common.records import Company, Publication
from rules.onboarding.plan import FROM_LMS, NEW_COMPANY
from rules.reports.shadow import (
    PlannedValue,
    Present,
    ShadowWeek,
    Verdict,
    company_values,
    compared,
    latest,
    shadow_csv,
)
from rules.reports.week import Week

ACME, BETA = "001000000000001AAA", "001000000000002AAA"
WEEK = Week(date(2027, 3, 1), ZoneInfo("America/New_York"))
USERS = PlannedValue("Acme", ACME, "LMS", "Company (new)", "User Count", "", "40", "40", "run")
CSM = PlannedValue(
    "Acme", ACME, "Salesforce", f"Account {ACME}", "Customer Success Manager", "Ben", "Ada", "005A", "run"
)
CODE = replace(CSM, field="LMS Company Id", before="", after=FROM_LMS, written=FROM_LMS)


def verdict(planned, shown, stored=None):
    now = {planned.place: Present(shown, stored or shown)} if shown is not None else {}
    return compared([planned], now)[0].verdict


@pytest.mark.parametrize(
    ("planned", "shown", "stored", "expected"),
    [
        (USERS, "40", None, Verdict.SAME),
        (USERS, "41", None, Verdict.DIFFERENT),
        (USERS, None, None, Verdict.NOT_YET),
        (replace(USERS, record="Company 48213", before="30"), "30", None, Verdict.NOT_YET),
        (CSM, "Ada", "005A", Verdict.SAME),
        (CSM, "Cleo", "005C", Verdict.DIFFERENT),
        (CSM, "Ben", "005B", Verdict.NOT_YET),
        (CODE, "48213", None, Verdict.SAME),
        (CODE, None, None, Verdict.NOT_YET),
        (replace(USERS, field="Phone Number"), "1", None, Verdict.NOT_COMPARED),
        (replace(USERS, account_id=""), "40", None, Verdict.NOT_COMPARED),
        (replace(CSM, record="Case 500"), "Ada", "005A", Verdict.NOT_COMPARED),
        (replace(USERS, system="Recurly"), "40", None, Verdict.NOT_COMPARED),
    ],
)
def test_a_value_is_the_same_different_or_not_done_yet(planned, shown, stored, expected):
    assert verdict(planned, shown, stored) is expected


def test_the_last_plan_of_a_field_counts_and_accounts_are_in_order():
    other = replace(USERS, account="Aard", account_id=BETA)
    assert latest([USERS, other, replace(USERS, after="50")]) == [other, replace(USERS, after="50")]


def test_companies_and_publications_are_found_by_their_account():
    company = Company("48213", ACME, "Acme", "active", ("b", "a"), 40, 2, Decimal("480.5"), date(2027, 5, 1))
    paper = Publication("7", "North", "active", None)
    found = company_values(ACME, company, [paper])
    assert found[ACME, NEW_COMPANY, "Modules"].shown == "a, b"
    assert found[ACME, NEW_COMPANY, "Plan Amount"].shown == "480.50"
    assert found[ACME, NEW_COMPANY, "Last Day of Service"].shown == "2027-05-01"
    assert found[ACME, "Publication 7", "Last Day of Service"].shown == ""
    assert company_values(ACME, None, ()) == {}


def report():
    now = {USERS.place: Present("41", "41"), CSM.place: Present("Ada", "005A")}
    same = replace(USERS, account_id=BETA, account="=Beta")
    now[same.place] = Present("40", "40")
    return ShadowWeek(WEEK, 3, compared([USERS, same, CSM, CODE], now))


def test_counts_are_by_field_with_the_share_that_people_did_the_same():
    fields = {one.field: (one.percent, sum(one.counts.values())) for one in report().fields}
    assert fields == {"User Count": (50, 2), "Customer Success Manager": (100, 1), "LMS Company Id": (None, 1)}
    assert report().fields[0].field == "User Count"
    assert report().total.percent == 67
    assert [line.planned for line in report().having(Verdict.NOT_YET)] == [CODE]


def test_the_csv_has_every_line_and_no_formula():
    first, second, *_ = rows = list(csv.DictReader(io.StringIO(shadow_csv(report()))))
    assert len(rows) == 4
    assert (first["Planned"], first["Now"], first["Verdict"], first["Week from"]) == (
        "40",
        "41",
        "different",
        "2027-03-01",
    )
    assert second["Account"] == "'=Beta"
