"""A run says that a customer is set up, or a CSM assigned, once it has read that back (REC-3)."""

import pytest

from tests.support.outcome import assert_onboarded
from tests.support.runs import artifacts, assign, onboard, press_retry

pytestmark = pytest.mark.flows

BILLING_URL, CSM = "Recurly_Billing_URL__c", "Customer_Success_Manager__c"


async def test_rec_3_what_the_org_empties_again_fails_the_run_and_retry_repairs_it(sandbox, people):
    sale = people.make_sale()
    sandbox.behaviour(clears=f"Account.{BILLING_URL}")
    run = await onboard(sale.opportunity)
    assert run.ended == "Out of sync", run.message
    assert run.message.endswith(" Runbook: Out of sync (docs/runbook.md)")
    assert f"Account {sale.account}: Recurly Billing URL is empty instead of https://" in run.message
    assert not any("is set up" in page for page in await artifacts(f"onboarding-{sale.opportunity.lower()}"))
    sandbox.behaviour(clears="")
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)


async def test_rec_3_a_csm_whom_the_org_takes_away_again_fails_the_assignment_and_retry_repairs_it(sandbox, people):
    account = people.create("Account", Name="Verified Clinic", MRR__c=300)
    sandbox.behaviour(clears=f"Account.{CSM}")
    run = await assign(account)
    assert run.ended == "Out of sync", run.message
    assert "Customer Success Manager is empty instead of" in run.message
    sandbox.behaviour(clears="")
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert people.read("Account", account)[CSM]
