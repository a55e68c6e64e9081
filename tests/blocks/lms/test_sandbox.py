"""The client and the stand-in keep the contract of the LMS: each call, as the procedures make it."""

from datetime import date
from decimal import Decimal

import pytest

from blocks.common.errors import VendorRefused
from tests.blocks.blocks import ACCOUNT, OPPORTUNITY
from tests.blocks.lms.forms import COMPLETE_FORM
from tests.support.lms_traffic import CONTRACT


async def test_a_customer_is_signed_up_once_however_often_it_is_asked(stand_in, lms):
    """ONB-6."""
    client = lms.client()
    first = await client.pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY)
    again = await client.pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY)
    assert (first.company_id, first.user_id) == (again.company_id, again.user_id)
    assert (first.created, again.created) == (True, False)
    assert len(stand_in.effects("lms")) == 1
    company = await client.company_of_account(ACCOUNT)
    assert company == await client.company(first.company_id)
    assert (company["userCount"], company["locationCount"], company["planAmount"]) == (26, 2, Decimal("1250.10"))
    assert (await client.user_by_email("JANE@acme.example"))["companyId"] == first.company_id


async def test_a_second_sign_up_of_an_account_is_refused_with_its_company(lms):
    signed = await lms.client().pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY)
    with pytest.raises(VendorRefused) as caught:
        await lms.client().pre_sign(COMPLETE_FORM, idempotency_key="006000000000002AAA")
    assert (caught.value.code, caught.value.details) == ("account_exists", {"companyId": signed.company_id})
    with pytest.raises(VendorRefused) as caught:
        await lms.client().pre_sign({**COMPLETE_FORM, "userCount": "27"}, idempotency_key=OPPORTUNITY)
    assert caught.value.code == "idempotency_conflict"


async def test_a_taken_address_is_refused_with_its_holder_who_can_be_renamed(stand_in, lms):
    """ONB-9."""
    person = {"email": "jane@acme.example", "firstName": "J", "lastName": "R", "kind": "demo", "status": "active"}
    (user_id,) = stand_in.seed(lms={"users": [person]})["lms"]["users"]
    with pytest.raises(VendorRefused) as caught:
        await lms.client().pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY)
    assert caught.value.code == "email_taken"
    holder = {"userId": user_id, "kind": "demo", "status": "active", "companyId": None}
    assert caught.value.details == {"holder": holder}
    await lms.client().change_email(user_id, "janeDONOTUSE@acme.example")
    assert (await lms.client().pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY)).created


async def test_an_invalid_form_is_told_field_by_field(lms):
    with pytest.raises(VendorRefused) as caught:
        await lms.client().pre_sign({**COMPLETE_FORM, "userCount": "-1", "email": "jane"}, idempotency_key=OPPORTUNITY)
    assert caught.value.fields.keys() == {"userCount", "email"}


async def test_a_company_s_modules_and_figures_are_changed(lms):
    """ONB-13."""
    client = lms.client()
    signed = await client.pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY)
    changed = await client.set_modules(signed.company_id, ["learning", "compliance"])
    assert sorted(changed["modules"]) == ["compliance", "learning"]
    changed = await client.update_company(signed.company_id, userCount=30, planAmount=Decimal("1300.55"))
    assert (changed["userCount"], changed["planAmount"]) == (30, Decimal("1300.55"))
    with pytest.raises(VendorRefused) as caught:
        await client.set_modules(signed.company_id, ["levitation"])
    assert caught.value.code == "unknown_module"


async def test_what_the_lms_does_not_have_is_none(lms):
    client = lms.client()
    assert await client.company("1") is None
    assert await client.company_of_account(ACCOUNT) is None
    assert await client.user_by_email("nobody@acme.example") is None


async def test_the_client_makes_every_call_of_the_document_and_no_other(lms, traffic):
    client = lms.client()
    signed = await client.pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY)
    company = signed.company_id
    await client.update_company(company, deactivateOn=date(2099, 3, 31), deactivationReason="End of contract")
    await client.update_company(company, status="active", deactivateOn=None, deactivationReason=None)
    await client.set_modules(company, ["learning"])
    assert (await client.usage(company))["users"]["active"] == 1
    assert await client.company(company) == await client.company_of_account(ACCOUNT)
    await client.change_email(signed.user_id, "jane+1@acme.example")
    assert (await client.user_by_email("jane+1@acme.example"))["id"] == signed.user_id
    draft = {"organizationName": "Acme", "publicationName": "North", "companyId": company, "details": {}}
    publication = await client.create_publication(draft, idempotency_key="publication:1")
    await client.update_publication(publication["id"], publicationName="South", details={"userCount": 40})
    assert [one["publicationName"] for one in await client.publications(company)] == ["South"]
    assert traffic.operations == CONTRACT.operations.keys()
