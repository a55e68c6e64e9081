"""What is written to Salesforce once the customer exists, and what each field is called (ONB-4, ONB-11)."""

from urllib.parse import quote

from rules.common.records import Account, Change, Contract, Opportunity
from rules.common.service_level import known_level
from rules.common.text import strip

LMS_COMPANY_ID = "LMS Company Id"
RECURLY_ACCOUNT_ID = "Recurly Account Id"
RECURLY_BILLING_URL = "Recurly Billing URL"
SERVICE_LEVEL = "Service Level"
MODULES = "Modules"
COMPANY_NAME = "Company Name"
EMAIL = "Email Address / Username"
USER_COUNT = "User Count"
LOCATION_COUNT = "Location Count"
PLAN_AMOUNT = "Plan Amount"
BILLING_START = "Billing Start Date"

SIGNUP_FIELDS = {
    "Account ID": "accountId",
    COMPANY_NAME: "companyName",
    "First Name": "firstName",
    "Last Name": "lastName",
    "Phone Number": "phone",
    EMAIL: "email",
    USER_COUNT: "userCount",
    LOCATION_COUNT: "locationCount",
    PLAN_AMOUNT: "planAmount",
    BILLING_START: "billingStartDate",
}
"""The pre-signup form's labels, as on the page, → the LMS's names of them (ONB-6)."""


def billing_url(template: str, subdomain: str, code: str) -> str:
    """The staff page of a Recurly account, never the customer's own log-in link (ONB-11)."""
    return template.format(subdomain=subdomain, code=quote(code, safe=""))


def account_changes(account: Account, company_id: str, recurly_id: str, url: str) -> tuple[Change, ...]:
    """The codes that the Salesforce account does not have yet, or has otherwise (ONB-11)."""
    codes = (
        (LMS_COMPANY_ID, account.lms_company_id, company_id),
        (RECURLY_ACCOUNT_ID, account.recurly_account_id, recurly_id),
        (RECURLY_BILLING_URL, account.recurly_billing_url, url),
    )
    return tuple(
        Change("Salesforce", f"Account {account.id}", field, before or "", after, "ONB-11")
        for field, before, after in codes
        if before != after
    )


def opportunity_changes(opportunity: Opportunity, contract: Contract) -> tuple[Change, ...]:
    """The opportunity's service level, where it is not the contract's (ONB-4)."""
    level = known_level(contract.service_level)
    if level is None or known_level(opportunity.service_level) == level:
        return ()
    before = strip(opportunity.service_level)
    return (Change("Salesforce", f"Opportunity {opportunity.id}", SERVICE_LEVEL, before, level, "ONB-4"),)
