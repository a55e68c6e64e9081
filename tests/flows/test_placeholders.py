"""PUB-6: the placeholders of no-welcome clients that were left behind, as the sweep finds them, and what to do."""

import pytest

from blocks.common.errors import VendorUnavailable
from tasks.onboarding.placeholders import (
    RemainingPlaceholder,
    accounts_statement,
    placeholder_rows,
    remaining_placeholders,
)
from tests.support.no_welcome import make_upmc_sale, placeholder_of
from tests.support.runs import onboard
from tests.support.sales import SalesPeople

pytestmark = pytest.mark.flows


@pytest.fixture
def account(people: SalesPeople):
    """Makes an account with a user in the LMS who is still on its placeholder."""

    def make(name: str) -> RemainingPlaceholder:
        account_id = people.create("Account", Name=name)
        address = f"{account_id.lower()}@no-welcome.invalid"
        (company_id,) = people.sandbox.seed(lms={"companies": [{"accountId": account_id, "name": name}]})["lms"][
            "companies"
        ]
        person = {"email": address, "firstName": "Jane", "lastName": "Roe", "companyId": company_id}
        (user_id,) = people.sandbox.seed(lms={"users": [person]})["lms"]["users"]
        return RemainingPlaceholder(account_id, name, user_id, company_id, address)

    return make


async def left(*expected_or_not: RemainingPlaceholder) -> list[RemainingPlaceholder]:
    """What the step finds of these; the world holds other tests' accounts, too."""
    wanted = {one.account_id for one in expected_or_not}
    return [one for one in await remaining_placeholders.fn() if one.account_id in wanted]


async def test_pub_6_a_run_that_broke_off_leaves_a_placeholder_until_it_is_finished(people, sandbox):
    sale = make_upmc_sale(people)
    sandbox.fault("lms", "error", method="PATCH", path="/api/users", times=1000)
    await onboard(sale.opportunity)
    sandbox.clear_faults()
    (found,) = [one for one in await remaining_placeholders.fn() if one.account_id == sale.account]
    lms = sandbox.state("lms")
    (company,) = [one["id"] for one in lms["companies"] if one["accountId"] == sale.account]
    (user,) = [one["id"] for one in lms["users"] if one["companyId"] == company]
    assert found == RemainingPlaceholder(sale.account, sale.company, user, company, placeholder_of(sale))
    await onboard(sale.opportunity)
    assert [one for one in await remaining_placeholders.fn() if one.account_id == sale.account] == []


async def test_pub_6_only_the_clients_that_the_list_means_are_looked_at_in_the_order_of_their_names(
    account, override, sandbox
):
    await override("lifecycle-policy", no_welcome_clients=["Quill", "Reed Clinic"])
    names = ("quill west", "Quill - East", "Quill", "Quillon Labs", "The Quill", "Reed  Clinic North", "Reed")
    made = {name: account(name) for name in names}
    by_id = account("Sedge Practice")
    since = sandbox.last()
    assert [one.account_name for one in await left(*made.values(), by_id)] == [
        "Quill",
        "Quill - East",
        "quill west",
        "Reed  Clinic North",
    ]
    asked = [entry["query"] for entry in sandbox.journal("lms", since)]
    assert [one for one in asked if made["Quillon Labs"].placeholder in str(one)] == []
    await override("lifecycle-policy", no_welcome_clients=["Nobody", by_id.account_id[:15]])
    assert await left(*made.values(), by_id) == [by_id]


async def test_pub_6_the_accounts_are_found_by_one_query_and_without_a_list_nothing_is_asked(
    account, override, sandbox
):
    account("Teasel A")
    account("Teasel B")
    await override("lifecycle-policy", no_welcome_clients=["Teasel"])
    since = sandbox.last()
    assert len(await remaining_placeholders.fn()) == 2
    asked = [entry for entry in sandbox.journal(since=since) if "/oauth2/" not in entry["path"]]
    assert sorted(entry["system"] for entry in asked) == ["lms", "lms", "salesforce"]
    await override("lifecycle-policy", no_welcome_clients=[])
    since = sandbox.last()
    assert await remaining_placeholders.fn() == ()
    assert sandbox.journal(since=since) == []


async def test_pub_6_more_placeholders_than_are_asked_for_at_once_come_all_and_in_order(account, override):
    await override("lifecycle-policy", no_welcome_clients=["Umber"])
    made = [account(f"Umber {number:02}") for number in reversed(range(12))]
    assert await remaining_placeholders.fn() == tuple(reversed(made))


async def test_pub_6_an_lms_that_does_not_answer_is_no_all_clear(account, override, sandbox):
    account("Vetch")
    await override("lifecycle-policy", no_welcome_clients=["Vetch"])
    sandbox.fault("lms", "error", path="/api/users", status=503)
    with pytest.raises(VendorUnavailable):
        await remaining_placeholders.fn()


@pytest.mark.parametrize("entry", ["O'Hara", "100% Care", "A_B", "back\\slash", 'say "x"', "x' OR Name LIKE '"])
async def test_pub_6_what_stands_in_the_list_is_a_text_of_the_query_and_never_a_part_of_it(people, account, entry):
    named, others = account(f"{entry} House").account_id, account("A-B 1000 Care").account_id
    found = [row["Id"] for row in people.query(accounts_statement([entry]))]
    assert named in found
    assert others not in found


async def test_pub_6_a_row_tells_the_account_with_a_link_the_ids_and_what_to_do(blocks):
    found = RemainingPlaceholder(
        "001000000000001AAA", "UPMC [East]|", "900112", None, "001000000000001aaa@no-welcome.invalid"
    )
    (row,) = await placeholder_rows([found])
    url = blocks["salesforce-org"].record_url(found.account_id)
    assert row == {
        "Account": f"[UPMC \\[East\\]\\|]({url})",
        "LMS company": "none",
        "LMS user": "900112",
        "Address": found.placeholder,
        "What to do": "Run onboarding again for this account's opportunity; it sets the true address.",
    }
