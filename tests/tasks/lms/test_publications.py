"""Setting a publication up under the first key that its name has not used up (PUB-2)."""

import pytest

from blocks.common.errors import VendorRefused
from blocks.lms.block import Lms
from rules.common.problems import HumanInputRequired
from tasks.lms.publications import MOST_KEYS, Wanted, _create, _merged

DETAILS = {"contracts": ["00000101"], "products": ["Learning"], "serviceLevel": "standard", "userCount": 40}


@pytest.fixture
async def lms(stand_in):
    credentials = {"api_key": stand_in.credentials.lms_api_key, "default_password": "Default-Swordfish-1"}
    return Lms(base_url=f"{stand_in.url}/lms", **credentials).client()


@pytest.fixture
def company(stand_in, lms):  # noqa: ARG001 - the world is begun anew before
    return new_company(stand_in, "001000000000001AAA")


def new_company(stand_in, account_id):
    fields = {"accountId": account_id, "name": "Acme", "userCount": 40, "locationCount": 2, "planAmount": "480"}
    return stand_in.seed(lms={"companies": [fields]})["lms"]["companies"][0]


def wanted(company, name="North", **details):
    where = {"account_id": "001000000000001AAA", "contract_id": "800000000000001AAA"}
    return Wanted(company_id=company, organization="Acme", name=name, details=DETAILS | details, **where)


async def create(lms, one):
    known = {there["id"] for there in await lms.publications(one["company_id"])}
    return await _create(lms, one, known)


async def give_up(lms, made, number):
    await lms.update_publication(made["id"], publicationName=f"Given up {number}")


async def test_pub_2_of_two_that_set_up_at_once_one_creates_and_both_have_it(lms, company, stand_in):
    first = await _create(lms, wanted(company), set())
    second = await _create(lms, wanted(company), set())
    assert first["id"] == second["id"]
    assert len(stand_in.effects("lms")) == 1


async def test_pub_2_of_two_with_other_details_the_second_takes_what_the_first_created(lms, company):
    first = await _create(lms, wanted(company), set())
    second = await _create(lms, wanted(company, userCount=41), set())
    assert (second["id"], second["details"]) == (first["id"], DETAILS)


@pytest.mark.parametrize("details", [{}, {"userCount": 41}])
async def test_pub_2_a_name_that_was_given_up_is_set_up_anew_whatever_its_details(lms, company, details):
    first = await create(lms, wanted(company))
    await give_up(lms, first, 1)
    second = await create(lms, wanted(company, **details))
    assert (second["id"] != first["id"], second["publicationName"]) == (True, "North")


async def test_pub_2_a_name_that_was_given_up_again_and_again_is_refused_at_last(lms, company):
    for number in range(MOST_KEYS):
        await give_up(lms, await create(lms, wanted(company)), number)
    with pytest.raises(VendorRefused, match="used and given up 5 times"):
        await create(lms, wanted(company))


async def test_pub_7_a_name_of_another_company_of_the_organization_is_asked_of_sales(lms, company, stand_in):
    await create(lms, wanted(new_company(stand_in, "001000000000002AAA")))
    with pytest.raises(HumanInputRequired) as needs:
        await create(lms, wanted(company))
    (problem,) = needs.value.problems
    assert (problem.record_id, problem.field, problem.rule) == ("800000000000001AAA", "Publications", "PUB-7")


async def test_pub_2_what_others_keep_among_the_details_goes_back_as_it_came(lms, company, stand_in):
    kept = {"weight": 1.5, "tags": [0.25, "x", {"deep": 2.75}], "count": 3, "userCount": 7}
    fields = {"organizationName": "Acme", "publicationName": "North", "companyId": company, "details": kept}
    stand_in.seed(lms={"publications": [fields]})
    (there,) = await lms.publications(company)
    await lms.update_publication(there["id"], details=_merged(there["details"], DETAILS))
    (after,) = stand_in.state("lms")["publications"]
    assert after["details"] == kept | DETAILS
