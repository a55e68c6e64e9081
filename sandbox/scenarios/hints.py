"""What becomes of each sale of the demo world once it is closed, and what a person does then."""

from typing import Final, Literal, NamedTuple

Outcome = Literal["first", "through", "asked", "other"]


class Hint(NamedTuple):
    """What a sale is expected to do.

    Attributes:
        outcome: `first`: to begin with; `through`: nobody is needed; `asked`: it waits for a person;
            `other`: it waits for a system, or there is nothing to do.
        text: what to look at, or what to do.
    """

    outcome: Outcome
    text: str


HINTS: Final[dict[str, Hint]] = {
    "all in order": Hint("first", "Goes through by itself. Look at its run, then at LMS, Recurly and Mail."),
    "missing phone": Hint(
        "first", "Sales are asked in Slack. Enter the contact's phone in Salesforce: the run goes on by itself."
    ),
    "two Recurly accounts of this name": Hint("first", "CS Operations are asked in Slack which account is right."),
    "Learning only": Hint("through", "The LMS company gets the Learning module only."),
    "Credentialing Service beside others": Hint("through", "The service is left out; the other products are set up."),
    "service level differs from the contract": Hint("through", "The opportunity is corrected to the contract's level."),
    "later billing date set by the RSM": Hint("through", "The LMS company has the later billing date."),
    "earlier billing date set by the RSM is ignored": Hint("through", "The contract's date counts."),
    "25 users are one location": Hint("through", "The LMS company has one location."),
    "26 users are two locations": Hint("through", "The LMS company has two locations."),
    "e-mail held by a demo user": Hint("through", "The demo user is renamed, and the customer gets the address."),
    "e-mail held by a trial user": Hint("through", "The trial user is renamed, and the customer gets the address."),
    "e-mail held by a customer's user": Hint("through", "The new user gets +1 in the address."),
    "e-mail held, and its +1 too": Hint("through", "The new user gets +2 in the address."),
    "Recurly account found by name": Hint("through", "It has another code; its company name leads to it."),
    "a client without a welcome mail": Hint("through", "No welcome e-mail is sent to this client."),
    "an add-on beside the contract in force": Hint("through", "Users and amount are added to those in force."),
    "closed Recurly account": Hint("through", "The account is taken, and the report says that it is closed."),
    "everything is in place already": Hint("through", "It is announced, and nothing is changed."),
    "contract without service level": Hint("asked", "Choose the Service Level in the contract."),
    "contract with an unknown service level": Hint("asked", "“gold” is no level. Choose another in the contract."),
    "missing from the Onboarding Report": Hint("asked", "Put it into the report, then press Check again in Slack."),
    "no contract": Hint("asked", "Create a contract on the account, and choose it on the opportunity."),
    "two primary contacts": Hint("asked", "Open one of the contact roles, set Primary to No, then Check again."),
    "no primary contact": Hint("asked", "Open the contact role, set Primary to Yes, then press Check again."),
    "invalid e-mail": Hint("asked", "Correct the contact's e-mail address."),
    "negative user count": Hint("asked", "Correct the contract's User Count."),
    "missing billing start": Hint("asked", "Enter the contract's Billing Start Date."),
    "contact of another account": Hint("asked", "Give the contact the account of the sale."),
    "invisible character in the e-mail": Hint("asked", "Type the contact's e-mail address again."),
    "owner left, so the manager is asked": Hint("asked", "The question goes to the owner's manager."),
    "unknown product in the contract": Hint("asked", "CS Operations are asked which modules Telehealth means."),
    "a second contract that adds or replaces": Hint("asked", "Sales say in Slack whether it adds or replaces."),
    "Recurly account never comes": Hint(
        "asked", "CS Operations are asked after a while; enter its ids on the account."
    ),
    "Recurly account comes late": Hint("other", "The run looks again, and goes on when the account is there."),
    "Credentialing Service alone is out of scope": Hint("other", "The run ends as Out of scope."),
}
"""By what the sale shows."""
