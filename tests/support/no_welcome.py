"""Sales to a client without a welcome mail, and what stands when the super admin has the true address (PUB-6)."""

from itertools import count
from typing import Any

from tests.support.outcome import ALL_EFFECTS, AUDIT, Outcome, assert_set_up, outcome
from tests.support.sales import Sale, SalesPeople
from tests.support.sandbox import SandboxProcess

TRUE_ADDRESS = "PATCH /users/*"
NO_WELCOME_EFFECTS = ALL_EFFECTS | {TRUE_ADDRESS: 1}
"""One effect more than for others; what is left out of the onboarding record shares a call with what is not."""
NO_WELCOME_AUDIT = sorted(
    [
        *(line for line in AUDIT if line[1] not in ("Onboarding Email Sent Date", "Send Onboarding Email")),
        ("LMS", "Email Address / Username"),
    ]
)
"""The address has a line more, the welcome none."""
SENTENCE = "No automatic welcome e-mail goes to this client."
_numbers = count(1)


def make_upmc_sale(people: SalesPeople, **records: dict[str, Any]) -> Sale:
    """A good sale to an account that the policy's default list means."""
    name = f"UPMC Hospital {next(_numbers)}"
    account = {"Name": name} | records.pop("account", {})
    opportunity = {"Name": f"{account['Name']} 2027"} | records.pop("opportunity", {})
    return people.make_sale(account=account, opportunity=opportunity, **records)


def placeholder_of(sale: Sale) -> str:
    """The address under which the super admin is signed up."""
    return f"{sale.account.lower()}@no-welcome.invalid"


def mails_to(sandbox: SandboxProcess, address: str) -> list[dict[str, Any]]:
    """Everything that anybody mailed to an address."""
    return [mail for mail in sandbox.state("mail")["mails"] if mail["to"].casefold() == address.casefold()]


def assert_silently_onboarded(people: SalesPeople, sale: Sale) -> Outcome:
    """The customer is there whole and once, with the true address, and no mail went to the person (PUB-6)."""
    found = assert_set_up(people, sale)
    assert_not_welcomed(people, sale)
    return found


def assert_not_welcomed(people: SalesPeople, sale: Sale) -> None:
    """The onboarding record has its name and boxes, and no mail went out, neither to the person nor anywhere else."""
    (record,) = outcome(people, sale).onboardings
    assert record["Name"] == f"{sale.company} 2027"
    assert (record["Learning__c"], record["Compliance__c"], record["Credentialing_Software__c"]) == (True, False, True)
    assert (record["Send_Onboarding_Email__c"], record["Onboarding_Email_Sent_Date__c"]) == (False, None)
    assert mails_to(people.sandbox, sale.email) == []
    assert mails_to(people.sandbox, placeholder_of(sale)) == []


def users_of(sandbox: SandboxProcess, sale: Sale) -> list[str]:
    """The usernames in the customer's company."""
    lms = sandbox.state("lms")
    companies = {one["id"] for one in lms["companies"] if one["accountId"] == sale.account}
    return [user["email"] for user in lms["users"] if user["companyId"] in companies]
