"""TRN-8: the filled checklist is among the files of the Salesforce account, once, whatever goes wrong on the way."""

import base64

import pytest
from prefect import flow

from blocks.common.errors import VendorRefused, VendorUnavailable
from tasks.core.effects import LOST
from tasks.runs.audit import audit_key, audit_trail
from tasks.transition.checklist import fill_checklist, in_base64, upload_checklist
from tests.rules.builders.account_facts import TODAY, account
from tests.support.runs import artifacts
from tests.support.scale import cases

pytestmark = pytest.mark.flows
UPLOAD = "/sobjects/ContentVersion"


@pytest.fixture
def clinic(people):
    """An account, and the key of its checklist."""
    made = people.create("Account", Name="O'Hara / Söhne <Clinic>")
    return made, f"transition:1a2b_3%c:{made}"


@flow
async def put(account_id, key, content="eA=="):
    async with audit_trail(account_id) as trail:
        file = await upload_checklist(account_id, key, name="O'Hara / Söhne <Clinic>", content=content)
        return {**file, "effects": list(trail)}


def files(people, account_id):
    """Title and content of the files of an account."""
    links = people.query(
        "SELECT ContentDocumentId, ContentDocument.Title, ContentDocument.LatestPublishedVersionId "  # noqa: S608 - an id
        f"FROM ContentDocumentLink WHERE LinkedEntityId = '{account_id}'"
    )
    versions = [people.read("ContentVersion", one["ContentDocument"]["LatestPublishedVersionId"]) for one in links]
    return [
        (one["ContentDocumentId"], one["ContentDocument"]["Title"], it) for one, it in zip(links, versions, strict=True)
    ]


async def test_trn_8_the_checklist_is_a_file_of_the_account(people, sandbox, clinic):
    account_id, key = clinic
    content = in_base64(await fill_checklist(account(), TODAY))
    done = await put(account_id, key, content)
    ((document, title, version),) = files(people, account_id)
    assert (done["id"], title) == (document, f"Account Analysis Checklist O'Hara Söhne Clinic ({key})")
    assert version["PathOnClient"] == "Account Analysis Checklist O'Hara Söhne Clinic.xlsx"
    assert done["url"] == f"{sandbox.url}/salesforce/lightning/r/{document}/view"
    (line,) = done["effects"]
    assert (line["record"], line["field"], line["after"], line["rule"]) == (
        f"Account {account_id}",
        "File",
        title,
        "TRN-8",
    )
    assert base64.b64decode(content).startswith(b"PK")


async def test_trn_8_a_run_that_comes_again_finds_it_and_uploads_nothing(people, sandbox, clinic):
    account_id, key = clinic
    first = await put(account_id, key)
    since = sandbox.last()
    again = await put(account_id, key, "eXk=")
    assert (again["id"], again["url"], again["effects"]) == (first["id"], first["url"], [])
    assert sandbox.effects("salesforce", since) == []
    assert len(files(people, account_id)) == 1


async def test_trn_8_another_key_or_another_account_is_another_file(people, clinic):
    account_id, key = clinic
    other = people.create("Account", Name="Other")
    # An underscore, and a percent sign, stand for themselves.
    wide = key.replace("_", "x").replace("%", "yyy")
    found = {(await put(*one))["id"] for one in ((account_id, wide), (account_id, key), (other, key))}
    assert len(found) == 3
    assert [len(files(people, one)) for one in (account_id, other)] == [2, 1]


@pytest.mark.parametrize("kind", cases(["drop_before", "drop_after", "malformed", "html"], "drop_after", "html"))
async def test_trn_8_after_an_answer_that_was_lost_it_is_there_once_and_told(people, sandbox, clinic, kind):
    account_id, key = clinic
    sandbox.fault("salesforce", kind, method="POST", path=f".*{UPLOAD}", times=1)
    try:
        done = await put(account_id, key)
    except Exception:  # noqa: BLE001 - what is not understood ends the run; ops retry it
        done = await put(account_id, key)
    ((document, *_),) = files(people, account_id)
    assert done["id"] == document
    assert sandbox.faults() == []


async def test_trn_8_an_upload_of_which_nothing_is_known_leaves_its_doubt_on_the_accounts_page(people, sandbox, clinic):
    account_id, key = clinic
    sandbox.fault("salesforce", "drop_after", method="POST", path=f".*{UPLOAD}", times=1)
    # The first search is before the upload, the second would tell what became of it.
    sandbox.fault("salesforce", "error", path=".*/query.*", skip=1, times=100, status=503, code="SERVER_UNAVAILABLE")
    with pytest.raises(VendorUnavailable):
        await put(account_id, key)
    sandbox.clear_faults()
    assert len(files(people, account_id)) == 1
    assert (await put(account_id, key))["effects"] == []
    (page,) = await artifacts(audit_key(account_id))
    assert LOST in str(page)


async def test_trn_8_a_refused_upload_is_told_and_not_repeated(people, sandbox, clinic):
    _, key = clinic
    gone = people.create("Account", Name="Gone")
    people.delete("Account", gone)
    since = sandbox.last()
    with pytest.raises(VendorRefused, match="INVALID_CROSS_REFERENCE_KEY"):
        await put(gone, key)
    posts = [one for one in sandbox.journal("salesforce", since) if one["path"].endswith(UPLOAD)]
    assert len(posts) == 1


async def test_a_key_that_a_title_cannot_hold_is_refused_before_anything_is_sent(sandbox, clinic):
    since = sandbox.last()
    with pytest.raises(ValueError, match="a key has 1 to 150 characters, not 151"):
        await put(clinic[0], "k" * 151)
    assert sandbox.journal("salesforce", since) == []
