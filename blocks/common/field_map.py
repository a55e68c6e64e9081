"""The API names of the Salesforce fields that we use. Every org differs, so they are configuration."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from blocks.common.fields import form_title


def _api_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,79}", name.strip()):
        raise ValueError(f"{name!r} is not a field's API name: a letter, then letters, digits and underscores")
    return name.strip()


ApiName = Annotated[str, AfterValidator(_api_name)]
"""The API name of a field. It goes into queries, so only a name is accepted."""


def relationship(lookup: str) -> str:
    """The relationship of a look-up, for queries: `Owner` of `OwnerId`, `Lead__r` of `Lead__c`."""
    return f"{lookup.removesuffix('__c')}__r" if lookup.endswith("__c") else lookup.removesuffix("Id")


class ObjectFields(BaseModel):
    """The mapped fields of one Salesforce object; `written` are those that we change."""

    model_config = ConfigDict(extra="forbid", frozen=True, field_title_generator=form_title)

    sobject: ClassVar[str]
    written: ClassVar[frozenset[str]] = frozenset()

    def api_names(self) -> Iterator[tuple[str, bool]]:
        """Every field's API name, and whether we write it."""
        for name in type(self).model_fields:
            yield getattr(self, name), name in self.written


class AccountFields(ObjectFields):
    """System codes (ONB-11), CSM and segment (CSM-3), and health of a customer (TRN-5, TRN-6)."""

    sobject: ClassVar[str] = "Account"
    written: ClassVar[frozenset[str]] = frozenset(
        {"lms_company_id", "recurly_account_id", "recurly_billing_url", "csm", "csm_leader", "segmentation"}
        | {"csm_assigned_on", "cs_status"}
    )

    lms_company_id: ApiName = Field("LMS_Company_Id__c", description="Id of the company in the LMS.")
    recurly_account_id: ApiName = Field("Recurly_Account_Id__c", description="Id of the account in Recurly.")
    recurly_billing_url: ApiName = Field("Recurly_Billing_URL__c", description="Staff page of the Recurly account.")
    csm: ApiName = Field("Customer_Success_Manager__c", description="Customer Success Manager: a user.")
    csm_leader: ApiName = Field("Customer_Success_Manager_Leader__c", description="The CSM's team lead: a user.")
    segmentation: ApiName = Field("CS_Segmentation__c", description="SMB, Mid-Market or Enterprise.")
    mrr: ApiName = Field("MRR__c", description="Monthly recurring revenue.")
    cs_status: ApiName = Field("CS_Status__c", description="Onboarding, Active, Churned or Deactivated.")
    csm_assigned_on: ApiName = Field("CSM_Assigned_On__c", description="When the CSM was assigned: a date and time.")
    health: ApiName = Field("Health__c", description="Healthy, Watch, At Risk or Escalated.")
    special_mentions: ApiName = Field(
        "Special_Mentions__c", description="Notes that everybody should read before contacting the customer."
    )


class OpportunityFields(ObjectFields):
    """The sale (ONB-2, ONB-4, ONB-7), and the people who onboard it (CSM-4)."""

    sobject: ClassVar[str] = "Opportunity"
    written: ClassVar[frozenset[str]] = frozenset({"service_level", "csm", "onboarding_manager", "csm_leader"})

    contract: ApiName = Field("ContractId", description="Lookup to the contract: ends with Id or __c.")
    services_included: ApiName = Field("Services_Included__c", description="Services sold, a multi-select list.")
    service_level: ApiName = Field("Service_Level__c", description="Service level: basic, standard or premium.")
    future_billing_date: ApiName = Field("Future_Billing_Date__c", description="Later billing date set by the RSM.")
    csm: ApiName = Field("Customer_Success_Manager_NEW__c", description="Customer Success Manager (NEW): a user.")
    onboarding_manager: ApiName = Field(
        "Customer_Onboarding_Manager_NEW__c", description="Customer Onboarding Manager (NEW): a user."
    )
    csm_leader: ApiName = Field(
        "Customer_Success_Manager_Leader_NEW__c", description="Customer Success Manager Leader (NEW): a user."
    )

    @property
    def contract_relationship(self) -> str:
        """The contract's relationship, for queries: `Contract`, or `Name__r` of a custom lookup."""
        return relationship(self.contract)


class ContractFields(ObjectFields):
    """The contract (ONB-4, ONB-6, ONB-7, ONB-13, PUB-2, TRN-7)."""

    sobject: ClassVar[str] = "Contract"

    billing_start_date: ApiName = Field("Billing_Start_Date__c", description="Billing start date of the contract.")
    user_count: ApiName = Field("User_Count__c", description="Number of users.")
    plan_amount: ApiName = Field("Plan_Amount__c", description="Amount per month.")
    service_level: ApiName = Field("Service_Level__c", description="Service level; the opportunity gets the same.")
    products: ApiName = Field("Products__c", description="Products of the contract, a multi-select list.")
    publications: ApiName = Field("Publications__c", description="Names of its publications, one per line.")
    provider_count: ApiName = Field("Provider_Count__c", description="Number of providers.")


class UserFields(ObjectFields):
    """Role and segments of a user (CSM-1)."""

    sobject: ClassVar[str] = "User"

    cs_role: ApiName = Field("CS_Role__c", description="CSM or Team Lead.")
    segments: ApiName = Field("CS_Segments__c", description="Segments the CSM serves, a multi-select list.")
    time_zone: ApiName = Field("TimeZoneSidKey", description="Time zone of the user's working hours (TRN-9).")


class OnboardingFields(ObjectFields):
    """The Customer Onboarding record: products, and the welcome e-mail (CSM-6)."""

    sobject: ClassVar[str] = "Customer_Onboarding__c"
    written: ClassVar[frozenset[str]] = frozenset(
        {"learning", "compliance", "credentialing_software", "credentialing_service", "email_sent_date", "send_email"}
    )

    opportunity: ApiName = Field("Opportunity__c", description="The sale: a look-up.")
    account: ApiName = Field("Account__c", description="The customer: a look-up.")
    learning: ApiName = Field("Learning__c", description="Owns Learning: a checkbox.")
    compliance: ApiName = Field("Compliance__c", description="Owns Compliance: a checkbox.")
    credentialing_software: ApiName = Field(
        "Credentialing_Software__c", description="Owns Credentialing Software: a checkbox."
    )
    credentialing_service: ApiName = Field(
        "Credentialing_Service__c", description="Owns Credentialing Service: a checkbox."
    )
    email_sent_date: ApiName = Field("Onboarding_Email_Sent_Date__c", description="Day of the welcome e-mail.")
    send_email: ApiName = Field(
        "Send_Onboarding_Email__c", description="Checkbox that makes Salesforce send the welcome e-mail."
    )


class FieldMap(BaseModel):
    """The API name of each mapped field in this org."""

    model_config = ConfigDict(extra="forbid", frozen=True, field_title_generator=form_title)

    account: AccountFields = Field(default_factory=AccountFields, description="Fields of the account.")
    opportunity: OpportunityFields = Field(default_factory=OpportunityFields, description="Fields of the opportunity.")
    contract: ContractFields = Field(default_factory=ContractFields, description="Fields of the contract.")
    user: UserFields = Field(default_factory=UserFields, description="Fields of the user.")
    onboarding: OnboardingFields = Field(
        default_factory=OnboardingFields, description="Fields of the Customer Onboarding record."
    )

    def objects(self) -> tuple[ObjectFields, ...]:
        """The mapped objects."""
        return (self.account, self.opportunity, self.contract, self.user, self.onboarding)
