"""Bad input: each a clear message for the person who must act, and nothing half done."""

from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from tests.support import stored_blocks
from tests.support.outcome import SIGN_UP, assert_onboarded, assert_untouched, effects
from tests.support.runs import flow_run, onboard, press_retry

pytestmark = pytest.mark.flows


# --- the opportunity's id


@pytest.mark.parametrize(
    "wrong",
    ["", "006", "006000000000001AA", "001000000000001AAA", "006-00000000001", "../Contact/003000", "006' OR 1=1"],
)
async def test_an_id_of_another_shape_is_refused_before_anything_is_asked(sandbox, wrong):
    since = sandbox.last()
    run = await onboard(wrong)
    assert run.ended == "Bad input"
    assert "Start a new run with the right id" in run.message
    assert run.message.endswith(" Runbook: Bad input (docs/runbook.md)")
    assert sandbox.journal(since=since) == []


async def test_an_id_with_a_wrong_check_is_bad_input_and_says_to_start_again(people, sandbox):
    sale = people.make_sale()
    wrong = sale.opportunity[:15] + "AAA"
    run = await onboard(f"https://acme.lightning.force.com/lightning/r/Opportunity/{wrong}/view")
    assert run.ended == "Bad input"
    assert (await flow_run(run)).name.startswith("Onboard https://acme")
    assert "Start a new run with the right id" in run.message
    assert sandbox.journal(since=sale.since) == []


async def test_an_unknown_opportunity_is_refused_with_what_may_be_the_reason(sandbox):
    since = sandbox.last()
    run = await onboard("006000000000001AAA")
    assert run.ended == "Refused"
    assert "there is no opportunity 006000000000001AAA" in run.message
    assert effects(sandbox, since) == {}


async def test_onb_1_an_opportunity_that_is_not_closed_won_is_told_for_that_alone(people):
    sale = people.make_sale(opportunity={"StageName": "Negotiation/Review"}, contact={"Phone": None})
    run = await onboard(sale.opportunity)
    assert run.ended == "Needs sales"
    assert f"Opportunity {sale.opportunity}: Stage is Negotiation/Review" in run.message
    assert "Phone" not in run.message
    assert_untouched(people, sale)


async def test_onb_3_every_problem_is_told_at_once(people):
    sale = people.make_sale(
        contact={"Email": None, "LastName": "Roe"}, contract={"User_Count__c": 0, "Products__c": "Telehealth"}
    )
    run = await onboard(sale.opportunity)
    assert run.ended == "Needs sales"
    told = ("Email is empty", "User Count is 0", "Products is Telehealth", "[CS Operations]", "[sales]")
    assert [part for part in told if part not in run.message] == []
    assert_untouched(people, sale)


async def test_onb_6_what_the_lms_refuses_is_told_by_field_and_goes_on_after_the_repair(people, sandbox):
    sale = people.make_sale(contact={"Phone": "ask reception"})
    run = await onboard(sale.opportunity)
    assert run.ended == "Refused"
    assert "phone" in run.message
    assert effects(sandbox, sale.since)[SIGN_UP] == 0
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)


# --- the permission matrix (ONB-13)


def _workbook(path, rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def _bomb(path):
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)


HEADER = ("Product", "basic", "standard", "premium")
WORKBOOKS = {
    "missing": (lambda _path: None, ("the file is missing",)),
    "not a workbook": (lambda path: path.write_text("Product;basic"), ("not a readable .xlsx workbook",)),
    "a zip of something else": (lambda path: ZipFile(path, "w").close(), ("not a readable .xlsx workbook",)),
    "a zip bomb": (_bomb, ("far too large",)),
    "without products": (lambda path: _workbook(path, [HEADER]), ("no products",)),
    "without a column": (lambda path: _workbook(path, [HEADER[:3], ("Learning", "a", "b")]), ("column premium",)),
    "with a faulty cell": (
        lambda path: _workbook(path, [HEADER, ("Learning", "a", None, "two words")]),
        ("row 2, column standard", "row 2, column premium", "two words"),
    ),
}


@pytest.mark.parametrize(("make", "words"), WORKBOOKS.values(), ids=WORKBOOKS)
async def test_onb_13_a_matrix_that_cannot_be_read_is_asked_of_cs_ops(people, override, tmp_path, make, words):
    path = tmp_path / "Matrix.xlsx"
    make(path)
    await override("lifecycle-policy", permissions_workbook=str(path))
    sale = people.make_sale()
    run = await onboard(sale.opportunity)
    assert run.ended == "Needs CS Operations"
    assert [word for word in (*words, "Matrix.xlsx", "ONB-13", "press Retry") if word not in run.message] == []
    assert str(tmp_path) not in run.message
    assert_untouched(people, sale)


async def test_onb_13_retry_reads_the_matrix_that_was_put_right(people, override, tmp_path):
    path = tmp_path / "Matrix.xlsx"
    await override("lifecycle-policy", permissions_workbook=str(path))
    sale = people.make_sale()
    run = await onboard(sale.opportunity)
    assert run.ended == "Needs CS Operations"
    cells = ("learning", "learning, learning-custom-courses, learning-reports", "learning")
    software = ("credentialing", "credentialing, credentialing-primary-source", "credentialing")
    _workbook(path, [HEADER, ("Learning", *cells), ("Credentialing Software", *software)])
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)


# --- credentials (D-3: the engineer must act)


CREDENTIALS = {
    "salesforce-org": ("consumer_secret", "Consumer Secret"),
    "lms": ("api_key", "API Key"),
    "recurly-site": ("api_key", "API Key"),
    "slack-workspace": ("token", "Bot Token"),
}


@pytest.mark.parametrize("slug", CREDENTIALS)
async def test_a_wrong_credential_names_the_block_and_its_field_and_retry_goes_on(people, blocks, override, slug):
    field, label = CREDENTIALS[slug]
    sale = people.make_sale()
    await override(slug, **{field: "xoxb-wrong-wrong-wrong"})
    run = await onboard(sale.opportunity)
    assert run.ended == "Refused"
    where = f"Blocks → {blocks[slug]._block_type_name}"
    assert [part for part in (where, label, "press Retry") if part not in run.message] == []
    assert "wrong-wrong" not in run.message
    await override(slug)
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)


async def test_a_block_that_is_missing_is_told_by_its_name(people, blocks):
    sale = people.make_sale()
    await stored_blocks.delete(type(blocks["lms"]))
    run = await onboard(sale.opportunity)
    await stored_blocks.save(blocks["lms"])
    assert run.ended == "Refused"
    assert "Blocks → LMS → default is missing" in run.message
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)
