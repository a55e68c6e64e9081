"""A sale in which the review found nothing: its records are complete (ONB-3)."""

from dataclasses import dataclass
from datetime import date

from rules.common.records import Account, Contact, Contract, Opportunity, Sale
from rules.common.text import strip


@dataclass(frozen=True)
class ReviewedSale:
    """The records of a sale that may be onboarded.

    Attributes:
        sale: the records as they were read.
        account: of the customer; it has a name.
        contact: the primary contact, the super admin to be; with an e-mail address.
        contract: that was signed.
        billing_start: the contract's day on which billing starts.
    """

    sale: Sale
    account: Account
    contact: Contact
    contract: Contract
    billing_start: date

    @property
    def opportunity(self) -> Opportunity:
        """The opportunity."""
        return self.sale.opportunity

    @property
    def name(self) -> str:
        """The opportunity's name."""
        return self.sale.opportunity.name

    @property
    def customer(self) -> str:
        """The account's name."""
        return strip(self.account.name)

    @property
    def email(self) -> str:
        """The address of the super admin to be."""
        return strip(self.contact.email)
