"""What the LMS knows of a customer before the sign-up (ONB-9)."""

from dataclasses import dataclass

from rules.common.records import Company, LmsUser


@dataclass(frozen=True)
class Customer:
    """The customer in the LMS before the sign-up (ONB-9).

    Attributes:
        company: the customer's company, when it exists already.
        email: the username that the super admin gets.
        rename: the demo or trial user who holds it, and the address that user gets.
        left: the super admin whom an earlier try left on the placeholder (PUB-6).
    """

    company: Company | None
    email: str
    rename: tuple[LmsUser, str] | None
    left: LmsUser | None = None
