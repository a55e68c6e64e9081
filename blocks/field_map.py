"""The API names of the Salesforce fields we speak of: every org differs, so they are configuration."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _api_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,79}", name.strip()):
        raise ValueError(f"{name!r} is not a field's API name: a letter, then letters, digits and underscores")
    return name.strip()


ApiName = Annotated[str, AfterValidator(_api_name)]
"""The API name of a field. It is put into queries, so nothing but a name is let in."""


class ObjectFields(BaseModel):
    """The mapped fields of one Salesforce object. `written` names those that we change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sobject: ClassVar[str]
    written: ClassVar[frozenset[str]] = frozenset()

    def api_names(self) -> Iterator[tuple[str, bool]]:
        """Every field's API name, and whether we write it."""
        for name in type(self).model_fields:
            yield getattr(self, name), name in self.written


class AccountFields(ObjectFields):
    """The system codes of ONB-11."""

    sobject: ClassVar[str] = "Account"
    written: ClassVar[frozenset[str]] = frozenset({"lms_company_id", "recurly_account_id", "recurly_billing_url"})

    lms_company_id: ApiName = Field("LMS_Company_Id__c", description="Id of the company in the LMS.")
    recurly_account_id: ApiName = Field("Recurly_Account_Id__c", description="Id of the account in Recurly.")
    recurly_billing_url: ApiName = Field("Recurly_Billing_URL__c", description="Staff page of the Recurly account.")


class OpportunityFields(ObjectFields):
    """What the sale says (ONB-2, ONB-4, ONB-7)."""

    sobject: ClassVar[str] = "Opportunity"
    written: ClassVar[frozenset[str]] = frozenset({"service_level"})

    contract: ApiName = Field("ContractId", description="Lookup to the contract: ends with Id or __c.")
    services_included: ApiName = Field("Services_Included__c", description="Services sold, a multi-select list.")
    service_level: ApiName = Field("Service_Level__c", description="Service level: basic, standard or premium.")
    future_billing_date: ApiName = Field("Future_Billing_Date__c", description="Later billing date set by the RSM.")

    @property
    def contract_relationship(self) -> str:
        """How a query reaches the contract's fields: `Contract`, or `Name__r` of a custom lookup."""
        if self.contract.endswith("__c"):
            return f"{self.contract.removesuffix('__c')}__r"
        return self.contract.removesuffix("Id")


class ContractFields(ObjectFields):
    """What was agreed (ONB-4, ONB-6, ONB-7, ONB-13)."""

    sobject: ClassVar[str] = "Contract"

    billing_start_date: ApiName = Field("Billing_Start_Date__c", description="Billing start by the contract.")
    user_count: ApiName = Field("User_Count__c", description="Number of users.")
    plan_amount: ApiName = Field("Plan_Amount__c", description="Amount per month.")
    service_level: ApiName = Field("Service_Level__c", description="Service level; the opportunity follows it.")
    products: ApiName = Field("Products__c", description="Products of the contract, a multi-select list.")


class FieldMap(BaseModel):
    """Where each mapped field is found in this org."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: AccountFields = Field(default_factory=AccountFields, description="Fields of the account.")
    opportunity: OpportunityFields = Field(default_factory=OpportunityFields, description="Fields of the opportunity.")
    contract: ContractFields = Field(default_factory=ContractFields, description="Fields of the contract.")

    def objects(self) -> tuple[ObjectFields, ...]:
        """The mapped objects."""
        return (self.account, self.opportunity, self.contract)
