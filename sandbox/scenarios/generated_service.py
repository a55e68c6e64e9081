"""What a finished onboarding leaves of a generated customer in the LMS, in Recurly and in Salesforce."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sandbox.salesforce import ids
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema.standard import ACCOUNT
from sandbox.scenarios.sales import COMPLIANCE, LEARNING, SOFTWARE
from sandbox.state import SandboxState

_USERS_OF_A_LOCATION: Final = 25
_LEVELS: Final = ("basic", "standard", "premium")
_MODULES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    LEARNING: (("learning",), ("learning-custom-courses", "learning-reports"), ("learning-api", "sso")),
    COMPLIANCE: (
        ("compliance",),
        ("compliance-incidents", "compliance-documents"),
        ("compliance-audits", "compliance-reports", "sso"),
    ),
    SOFTWARE: (
        ("credentialing",),
        ("credentialing-primary-source",),
        ("credentialing-monitoring", "credentialing-reports", "sso"),
    ),
}
"""By product: the modules of each level, beside those of the levels below it, as in the permission matrix."""
_BOXES: Final = {LEARNING: "Learning__c", COMPLIANCE: "Compliance__c", SOFTWARE: "Credentialing_Software__c"}


@dataclass(frozen=True)
class Terms:
    """The contract of a customer."""

    products: tuple[str, ...]
    level: str
    users: int
    amount: float
    start: date


def account_id(number: int) -> str:
    """The id of the org's account of this number, from 1 on."""
    return ids.record_id(ACCOUNT.prefix, number)


def serve(sandbox: SandboxState, account: str, name: str, terms: Terms, *, drifted: bool) -> dict[str, Any]:
    """Set a customer up in the LMS and in Recurly.

    Args:
        sandbox: its state.
        account: the id of the Salesforce account.
        name: of the customer.
        terms: of its contract.
        drifted: one user too many in the LMS.

    Returns:
        The fields of the Salesforce account that name the company and the Recurly account.
    """
    company = {
        "accountId": account,
        "name": name,
        "modules": modules(terms),
        "userCount": terms.users + drifted,
        "locationCount": -(-terms.users // _USERS_OF_A_LOCATION),
        "planAmount": f"{terms.amount:.2f}",
        "billingStartDate": terms.start.isoformat(),
    }
    (company_id,) = sandbox.systems["lms"].seed({"companies": [company]})["companies"]
    (billed,) = sandbox.systems["recurly"].seed({"accounts": [{"code": account, "company": name}]})["accounts"]
    return {
        "LMS_Company_Id__c": company_id,
        "Recurly_Account_Id__c": billed,
        "Recurly_Billing_URL__c": f"https://sandbox.recurly.com/accounts/{account}",
    }


def modules(terms: Terms) -> list[str]:
    """The modules of a contract."""
    levels = _LEVELS.index(terms.level) + 1
    return sorted({one for product in terms.products for some in _MODULES[product][:levels] for one in some})


def welcome(org: Org, account: str, opportunity: str, name: str, terms: Terms) -> None:
    """The onboarding record of a sale, whose welcome e-mail was sent."""
    org.plant(
        "Customer_Onboarding__c", Name=name, Opportunity__c=opportunity, Account__c=account,
        Onboarding_Email_Sent_Date__c=terms.start.isoformat(), Send_Onboarding_Email__c=True,
        **{_BOXES[product]: True for product in terms.products},
    )  # fmt: skip
