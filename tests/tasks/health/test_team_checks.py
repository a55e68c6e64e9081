"""`lifecycle check` says which CSM cannot be given accounts, and what to enter where (CSM-1, CSM-3)."""

from blocks.policy.block import CsmRow, Policy
from tasks.health.connection_checks import team_checks
from tests.support.past_sales import PastSales


async def missing(org: PastSales, policy: Policy) -> dict[str, str]:
    return {check.name: check.message for check in await team_checks(org.block, policy) if not check.ok}


async def test_a_team_in_order_lacks_nothing(org):
    org.csm("Ada")
    org.csm("Gus", IsActive=False, ManagerId=None)
    assert await missing(org, Policy(csms=[CsmRow(email="ADA@seller.example")])) == {}


async def test_csm_3_a_csm_without_team_lead_or_segments_is_named_with_what_to_enter(org):
    org.csm("Ada", ManagerId=None)
    org.csm("Bo", CS_Segments__c=None)
    assert await missing(org, Policy()) == {
        "CSMs": "2 active, 0 can get accounts",
        "CSM Ada Roe": "Has no active team lead, so gets no account: enter Manager on the user",
        "CSM Bo Roe": "Serves no segment, so gets no account: choose CS Segments on the user",
    }


async def test_an_org_without_a_csm_is_told(org):
    assert await missing(org, Policy()) == {"CSMs": "No active user has the role CSM"}


async def test_a_csm_of_the_policy_whom_nobody_knows_is_told_by_the_address(org):
    org.csm("Ada")
    policy = Policy(csms=[CsmRow(email="gone@seller.example")])
    assert await missing(org, policy) == {
        "CSM gone@seller.example": "No active CSM has this address: correct it in the policy block's CSMs"
    }


async def test_a_csm_who_gets_no_account_is_a_warning_as_long_as_another_one_does(org):
    org.csm("Ada")
    org.csm("Bo", CS_Segments__c=None)
    checks = await team_checks(org.block, Policy())
    assert [(check.name, check.only_warns) for check in checks if not check.ok] == [("CSM Bo Roe", True)]
