"""A book of business changes hands as its people click it: shared, planned, approved, followed, given back (TRN-2)."""

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from sandbox.scenarios.moving_accounts import BOOK
from tests.browser.screens import PATIENT
from tests.support.accounts import Book
from tests.support.filled_in import book_of, go_over
from tests.support.handed_over import FORMER, HandedOver
from tests.support.sales import SalesPeople
from tests.support.scale import EVERY_CASE
from tests.support.stack import running_stack

pytestmark = pytest.mark.timeout(3600 if EVERY_CASE else 600)

LEAD, TAKERS = "Tara Lindqvist", ("Ada Novak", "Cleo Dubois")
HEALTHY, OPEN, ESCALATED = "Amberley Family Health", "Kingsley Sleep Medicine", "Silverton Vascular"
CALLED_OFF = next(one for one in BOOK if one.company == "Beaumont Pediatrics")
ACCOUNTS = {one.company: one for one in BOOK if EVERY_CASE or one.company in (HEALTHY, OPEN, ESCALATED)}
ACCOUNTS.pop(CALLED_OFF.company, None)
UNKNOWN = ("Amberly Clinic of Nowhere", "Adda Novak", "Leave")
AT_FAULT = {
    UNKNOWN: ["Salesforce has no account Amberly Clinic", "Salesforce has no user Adda Novak. Did you mean Ada Novak?"],
    (HEALTHY, "Cleo Dubois", "Leave"): ["row 2 moves the same account"],
    ("Established Customer 01", "Ada Novak", "Workload balancing"): ["Ada Novak is the CSM of Established Customer 01"],
    ("Established Customer 02", "Gus Retired", "Job change"): ["user of Gus Retired is inactive"],
    ("Established Customer 03", "Ada Novak", "Because"): ["is none of Leave, Workload balancing"],
}
"""Rows that move nothing, and all that is said of each."""
FAULTS = AT_FAULT if EVERY_CASE else {UNKNOWN: AT_FAULT[UNKNOWN]}
ROUTES = {"healthy": "Automated", "open business": "Semi-automated", "at risk": "Manual", "escalated": "Manual"}
LONG = PATIENT * (10 if EVERY_CASE else 2)
PATIENT_STEPS = ",".join(["0.2"] * 40)
"""A step that Outreach does not answer asks for so long that somebody can press Cancel, however slow the pages are."""
APPROVE = f"Move {len(ACCOUNTS)} accounts as planned"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack of this story's own, with the demo world."""
    folder = tmp_path_factory.mktemp("transition")
    with running_stack(folder, world="demo", LIFECYCLE_RETRY_DELAYS=PATIENT_STEPS) as stack:
        yield stack


@pytest.fixture
def book(stack):
    return Book(SalesPeople(stack.sandbox))


@pytest.fixture
def workbook(stack, tmp_path):
    """The workbook, and who is to take each account."""
    target = tmp_path / "book.xlsx"
    takers = book_of(FORMER, TAKERS, stack, target)
    assert sorted(takers) == sorted(one.company for one in BOOK)
    assert list(takers.values())[:4] == [*TAKERS, *TAKERS]
    go_over(target, ACCOUNTS, FAULTS)
    return target, {name: takers[name] for name in ACCOUNTS}


def test_trn_2_a_book_changes_hands_from_a_workbook_shared_in_slack(page, screens, stack, book, workbook):
    path, takers = workbook
    before, since = {name: book.owners(name) for name in takers}, stack.sandbox.last()
    if EVERY_CASE:
        previewed(screens, path)

    screens.channel(LEAD)
    screens.share(path)
    screens.message(f"Rows ready: {len(takers)}, not ready: {len(FAULTS)}.")
    question = screens.message("is paused: team lead")
    screens.picture("asked")
    run = question.get_by_role("link", name="Follow or resume the run").get_attribute("href")
    run = run.replace("/v2/", "/")  # the older interface, whose forms this test fills in
    the_copy(screens, "book (checked).xlsx", takers, "ready")
    the_plan(page, screens, screens.follow(question, "Workbook"), takers)
    written = [one for one in stack.sandbox.effects(since=since) if one["system"] != "slack"]
    assert [one["path"] for one in written if "/oauth" not in one["path"]] == []

    approve(page, screens, run)
    followed(page, screens, run, len(takers))

    screens.channel(LEAD)
    told = screens.message(f"{len(takers)} moved and {len(FAULTS)} not ready.")
    screens.picture("told")
    the_copy(screens, "book (result).xlsx", takers, "moved")
    the_report(page, screens, screens.follow(told, "Report"), takers)
    the_page_of(ESCALATED, page, screens, book, takers[ESCALATED])
    for name, csm in takers.items():
        HandedOver(book, ACCOUNTS[name], csm).check()
    if EVERY_CASE:
        given_back(page, screens, stack, run, len(takers))
        assert {name: book.owners(name) for name in takers} == before


@pytest.mark.long
def test_a_workbook_called_off_on_its_page_leaves_its_accounts_and_goes_on_at_retry(page, screens, stack, book):
    run = approved_in_prefect(stack, CALLED_OFF.company)
    stack.sandbox.fault("outreach", "slow", path="/prospects/", seconds=60, times=1000)
    page.goto(f"{screens.dashboard}/runs/flow-run/{run}")
    of_account = {"all_": [f"workbook-run:{run}"]}
    its = stack.until_named("Running", tags=of_account)
    stack.sandbox.until("salesforce", lambda _: book.handover(CALLED_OFF.company)[0] == TAKERS[0])

    screens.press("Cancel", "Confirm")
    screens.state("Cancelled")
    stack.until_named("Interrupted", tags=of_account)
    screens.picture("called-off")

    stack.sandbox.clear_faults()
    page.reload()
    screens.press("Retry", "Retry")
    screens.state("Completed")
    assert stack.until_named("Completed", tags=of_account) == its
    HandedOver(book, CALLED_OFF, TAKERS[0]).check()


def approved_in_prefect(stack, company):
    """A workbook's run for one account, whose plan somebody has approved; its id."""
    found = stack.prefect.get("/deployments/name/account-transition/account-transition").raise_for_status().json()
    one = {"account": company, "new_csm": TAKERS[0], "reason": "Leave"}
    parameters = {"one": one, "preview": False}
    created = stack.prefect.post(f"/deployments/{found['id']}/create_flow_run", json={"parameters": parameters})
    run = created.raise_for_status().json()["id"]
    stack.until_named("Suspended", id={"any_": [run]})
    answer = {"decision": "Check again", "decided_by": LEAD, "choice_1": "Move 1 account as planned"}
    stack.resume(run, answer)
    return run


def previewed(screens, path):
    """The plan alone, from the dashboard's form."""
    screens.start("account-transition", "Workbook", str(path), preview=True)
    screens.state("Previewed")
    screens.picture("previewed")


def the_plan(page, screens, address, takers):
    """Who gets what and why, the books before and after, and the rows that are not ready (TRN-2 to TRN-5)."""
    page.goto(address)
    books = {csm: accounts for csm, accounts, *_ in screens.table(0)}
    assert books[FORMER] == f"{len(BOOK)} → {len(BOOK) - len(takers)}"
    rows = [[row, name, giver, taker, state, told] for row, name, _, giver, taker, _, state, told in screens.table(1)]
    assert rows == [
        [str(number), name, FORMER, csm, ACCOUNTS[name].category, ROUTES[ACCOUNTS[name].category]]
        for number, (name, csm) in enumerate(takers.items(), 2)
    ]
    said = page.locator("body").inner_text()
    assert [text for texts in FAULTS.values() for text in texts if text not in said] == []
    assert all(f"{name}: " in said for name in takers)
    screens.picture("plan")


def approve(page, screens, run):
    """With the button in Slack; where every case is tried, with the dashboard's form."""
    if EVERY_CASE:
        page.goto(run)
        screens.resume(LEAD, **{"What now?": "Check again", "Workbook book.xlsx": APPROVE})
        expect(page.get_by_role("dialog")).to_have_count(0)
    else:
        screens.channel(LEAD)
        page.get_by_role("button", name=APPROVE).click()
        screens.message("all fixed. The run continues")


def followed(page, screens, run, count):
    """On its page, to the end."""
    page.goto(run)
    screens.state("")
    screens.picture("approved")
    screens.state("Completed", LONG)
    page.reload()
    expect(page.get_by_text("Beginning flow run").first).to_be_visible()
    screens.picture("done")
    page.get_by_text("Artifacts", exact=True).last.click()
    expect(page.get_by_text(f"Accounts done: {count} of {count}").first).to_be_visible()
    screens.picture("progress")


def the_report(page, screens, address, takers):
    """The state of every row in the end."""
    page.goto(address)
    rows = screens.table(cut=True)
    assert [row[:3] for row in rows] == [
        *([str(number), name, "moved"] for number, name in enumerate(takers, 2)),
        *([str(number), "", "not ready"] for number in range(len(takers) + 2, len(takers) + len(FAULTS) + 2)),
    ]
    for row, texts in zip(rows[len(takers) :], FAULTS.values(), strict=True):
        assert [text for text in texts if text not in row[-1]] == []
    screens.picture("report")


def the_page_of(account, page, screens, book, csm):
    """What changed on one account, by names (TRN-10)."""
    key = f"account-move-{book.account(account)['Id'].lower()}"
    page.goto(screens.versions(f"{screens.dashboard}/artifacts/key/{key}")[0])
    changed = [(record.split()[0], field, before, after) for _, record, field, before, after, _ in screens.table()]
    assert ("Account", "Customer Success Manager", FORMER, csm) in changed
    assert ("Case", "Owner", FORMER, csm) in changed
    screens.picture("account")


def the_copy(screens, title, takers, state):
    """What came back says of every row what became of it, and why (TRN-2)."""
    sheet = load_workbook(screens.download(title)).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [(row[0], row[1], row[-2]) for row in rows] == [
        *((name, csm, state) for name, csm in takers.items()),
        *((fault[0], fault[1], "not ready") for fault in FAULTS),
    ]
    for row, texts in zip(rows[len(takers) :], FAULTS.values(), strict=True):
        assert [text for text in texts if text not in row[-1]] == []


def given_back(page, screens, stack, run, count):
    """All of it undone, from the dashboard's form."""
    undo = screens.start("undo", "Workbook's run", run.rpartition("/")[2])
    screens.state("Completed")
    ended = {"deployments": {"id": {"any_": [undo]}}, "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    while stack.prefect.post("/flow_runs/count", json=ended).raise_for_status().json() <= count:
        page.wait_for_timeout(500)  # the test's own timeout ends it
    page.goto(f"{screens.dashboard}/deployments/deployment/{undo}")
    expect(page.get_by_text(f"Undo transfer of {HEALTHY}")).to_be_visible()
    screens.picture("given-back")
