"""What the LMS promises in its responses, as models, by the contract's names."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict

from blocks.common.errors import UnexpectedResponse
from blocks.common.responses import Amount, CamelCased, Count, Day, M, Text, UtcMoment, read

SYSTEM = "LMS"

Reason = Annotated[str, BeforeValidator(lambda reason: reason if isinstance(reason, str) else "")]
"""Why a service ends; the LMS need not say."""


class Response(CamelCased):
    """CamelCased fields, which the client hands on as a dict by the contract's names."""

    def plain(self) -> dict[str, Any]:
        """The fields by the contract's names."""
        return self.model_dump(by_alias=True)


class Record(Response):
    """What is promised of a record; its other fields are kept as they are."""

    model_config = ConfigDict(extra="allow")


class SignUp(CamelCased):
    """A company and its super admin."""

    company_id: Text
    user_id: Text


class Company(Record):
    """A company; `deactivate_on` is its last day of service."""

    id: Text
    name: Text
    status: Text
    account_id: str | None
    user_count: int
    location_count: int
    modules: list[str]
    plan_amount: Amount
    deactivate_on: Day | None = None
    deactivation_reason: Reason = ""


class Companies(CamelCased):
    """The companies of an account."""

    companies: list[Company]


class User(Record):
    """A user; `company_id` is None for one who belongs to no company."""

    id: Text
    email: Text
    kind: Text
    status: Text
    company_id: str | None


class Users(CamelCased):
    """The users with an address."""

    users: list[User]


class Publication(Record):
    """A publication; `deactivate_on` is its last day of service."""

    id: Text
    organization_name: Text
    publication_name: Text
    status: Text
    company_id: str | None
    details: dict[str, Any]
    deactivate_on: Day | None = None
    deactivation_reason: Reason = ""


class Publications(CamelCased):
    """The publications of a company."""

    publications: list[Publication]


class CompaniesOfAccounts(Companies):
    """The companies of many accounts, in the order of the accounts' ids."""

    more: bool


class AccountPublication(Publication):
    """A publication, with the Salesforce account of its company."""

    account_id: Text


class PublicationsOfAccounts(CamelCased):
    """The publications of many accounts, in the order of the accounts' ids."""

    publications: list[AccountPublication]
    more: bool


class _UsersByStatus(CamelCased):
    active: Count
    inactive: Count
    terminated: Count


class _Providers(CamelCased):
    active: Count


class _ModuleUsage(CamelCased):
    monthly_active_users: Count


class Usage(Response):
    """How a company uses the LMS, and when that was counted."""

    users: _UsersByStatus
    providers: _Providers
    modules: dict[str, _ModuleUsage]
    as_of: UtcMoment

    def plain(self) -> dict[str, Any]:
        """The usage with one number for the providers and for each module."""
        modules = {name: module.monthly_active_users for name, module in self.modules.items()}
        return super().plain() | {"providers": self.providers.active, "modules": modules}


class ExistingCompany(Response):
    """The company that an account has already."""

    company_id: Text


class Holder(CamelCased):
    """The user who has an e-mail address already."""

    user_id: Text
    kind: Text
    status: Text
    company_id: str | None


class TakenEmail(Response):
    """Who has the e-mail address."""

    holder: Holder


class ExistingPublication(Response):
    """The publication that has the name already."""

    publication_id: Text


def answer(model: type[M], call: str, value: Any) -> M:
    """The response as the model.

    Raises:
        UnexpectedResponse: names the call, the record and the field that is not as promised.
    """
    return read(model, SYSTEM, call, value)


def text(call: str, parent: Any, field: str) -> str:
    """The field as a text that is not empty."""
    value = parent.get(field) if isinstance(parent, dict) else None
    if not isinstance(value, str) or not value:
        raise UnexpectedResponse(SYSTEM, f"{call}: {field} is missing or not a text")
    return value
