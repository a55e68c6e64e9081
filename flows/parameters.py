"""The parameters by which people name a record or a day, as the dashboard's forms show them.

Every optional one is a plain text field that may stay empty. The flow reads what was entered, so that a wrong entry
ends the run as `Bad input`, with a message in words; a pattern in the form would answer with the pattern.
"""

from datetime import date
from typing import Annotated

from pydantic import Field

from tasks.core.errors import BadInput

AccountId = Annotated[
    str,
    Field(
        title="Account id",
        description="Salesforce id of the account, like 001Hs00000AbCdEIAV, or the address of its page.",
    ),
]
OpportunityId = Annotated[
    str,
    Field(
        title="Opportunity id",
        description="Salesforce id of the opportunity, like 006Hs00000AbCdEIAV, or the address of its page.",
    ),
]
OrContractId = Annotated[
    str,
    Field(
        title="Contract id",
        description="Instead of the account: the id of one of its contracts, like 800Hs00000AbCdEIAV, or the address "
        "of its page.",
    ),
]
FirstDay = Annotated[
    str,
    Field(
        title="From day",
        description="For a preview: the day to look ahead from, like 2027-03-31. Empty: today.",
    ),
]


def day_in(text: str) -> date | None:
    """The day that a person entered; None for an empty field.

    Raises:
        BadInput: the text is not a date.
    """
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"{text[:40]!r} is not a day: enter it like 2027-03-31, or leave the field empty.") from None
