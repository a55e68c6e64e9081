"""The page of an account: by run, the newest first, by the org's clock, and nothing in it obeyed (D-11)."""

from zoneinfo import ZoneInfo

from tasks.runs.account_page import deeds, last_value
from tasks.templates import render
from tests.tasks.marks import marks

ZONE = ZoneInfo("America/New_York")
RUN = "https://p.example/v2/runs/flow-run/5f0e5c1e-3c1d-4f4e-9a56-0d6f1a2b3c4d"


def line(at, run=RUN, **fields):
    usual = {"system": "LMS", "record": "Company 7", "field": "User Count", "before": "", "after": "5"}
    named = {"rule": "ONB-6", "note": "", "by": "Salesforce", "name": "Onboard Acme"}
    return usual | named | {"at": at, "run": run} | fields


def page(rows, name="Acme"):
    return render(
        "account.md",
        name=name,
        account_url="https://acme.example/001",
        company="7",
        company_url="",
        billing_url=last_value(rows, "Recurly Billing URL"),
        deeds=deeds(rows, ZONE),
        left_out=0,
        data_url="https://p.example/data",
    )


def test_what_was_done_stands_by_run_and_day_the_newest_first():
    first = [line("2026-11-28T14:33:00+00:00"), line("2026-11-28T14:34:00+00:00", field="Modules")]
    waited = line("2026-11-30T01:00:00+00:00", field="CSM Assigned On")
    other = line("2026-11-29T12:00:00+00:00", run=f"{RUN[:-1]}0", name="Publications of Acme", by="the dashboard")
    found = deeds([*first, other, waited], ZONE)
    assert [(deed.at, deed.name, deed.by) for deed in found] == [
        ("Nov 29, 2026, 8:00 PM EST", "Onboard Acme", "Salesforce"),
        ("Nov 29, 2026, 7:00 AM EST", "Publications of Acme", "the dashboard"),
        ("Nov 28, 2026, 9:34 AM EST", "Onboard Acme", "Salesforce"),
    ]
    assert [row["field"] for row in found[-1].lines] == ["User Count", "Modules"]


def test_the_page_is_called_as_the_account_and_links_to_each_run_and_system():
    text = page([line("2026-11-28T14:33:00+00:00", field="Recurly Billing URL", after="https://r.example/1")])
    assert text.startswith("# Acme\n")
    assert "[Salesforce](https://acme.example/001) · LMS company 7 · [Recurly](https://r.example/1)" in text
    assert f"[Onboard Acme]({RUN}), started by Salesforce" in text
    assert "| LMS · Company 7 |" in text
    assert "ONB\u20116" in text


def test_a_run_of_an_earlier_version_has_a_page_without_a_name():
    row = line("2026-11-28T14:33:00+00:00")
    del row["name"]
    assert f"[The run]({RUN})" in page([row])


def test_no_record_changes_the_marks_of_the_page():
    hostile = "[x](https://evil.example) | *b* <img>"
    told = page([line("2026-11-28T14:33:00+00:00", after=hostile, record=hostile, name=hostile)], hostile)
    assert marks(told) == marks(page([line("2026-11-28T14:33:00+00:00", after="x", record="x", name="x")], "x"))
