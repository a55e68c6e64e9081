"""The parameters by which people name a record, as the dashboard's forms show them."""

from typing import Annotated

from pydantic import Field

AccountId = Annotated[
    str,
    Field(
        title="Account id",
        description="The 15- or 18-character Salesforce id of the account, from its address.",
        pattern=r"^001[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$",
    ),
]
ContractId = Annotated[
    str,
    Field(
        title="Contract id",
        description="The 15- or 18-character Salesforce id of the contract, from its address.",
        pattern=r"^800[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$",
    ),
]
OpportunityId = Annotated[
    str,
    Field(
        title="Opportunity id",
        description="The 15- or 18-character Salesforce id of the opportunity, from its address.",
        pattern=r"^006[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$",
    ),
]
