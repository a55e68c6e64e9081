"""The calls we make to the LMS, over one small pool of connections."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from blocks.common.calls import vendor_call
from blocks.common.errors import UnexpectedResponse, VendorRefused
from blocks.common.http import authorities, from_network, is_loopback
from blocks.common.masking import masked, no_secrets
from blocks.common.responses import M, parsed_json
from blocks.lms.by_account import ByAccount
from blocks.lms.errors import refusal
from blocks.lms.responses import (
    SYSTEM,
    Companies,
    Company,
    Publication,
    Publications,
    Response,
    SignUp,
    Usage,
    User,
    Users,
    answer,
)

_POOL = httpx.Limits(max_connections=10, max_keepalive_connections=5)

Password = Callable[[str], SecretStr]


@dataclass(frozen=True)
class SignedUp:
    """The company and the super admin of a sign-up. `created` is False when an earlier try had made them."""

    company_id: str
    user_id: str
    created: bool


class LmsClient:
    """Speaks to the LMS from one event loop. Raises only the classes of `blocks.common.errors`.

    Companies, users and publications come as dicts by the contract's names, their promised fields checked;
    `planAmount` is a Decimal, `deactivateOn` a date or None.

    Args:
        base_url: address of the LMS.
        api_key: sent as X-API-Key.
        password: gives the password of a sign-up for its idempotency key.
        seconds: to wait for one answer.

    Attributes:
        by_account: the companies and publications of many accounts.
    """

    def __init__(self, base_url: str, *, api_key: SecretStr, password: Password, seconds: float) -> None:
        self._password = password
        self._api_key = api_key
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"X-API-Key": api_key.get_secret_value(), "Accept": "application/json"},
            timeout=seconds,
            limits=_POOL,
            verify=authorities(),
            # The environment's proxies cannot reach this machine.
            trust_env=not is_loopback(base_url),
        )
        self.by_account = ByAccount(self._get)

    async def pre_sign(self, form: Mapping[str, str], *, idempotency_key: str) -> SignedUp:
        """Create the company and its super admin (ONB-6); the password is added here alone (ONB-10).

        Raises:
            VendorRefused: `account_exists` (details: companyId), `email_taken` (details: holder),
                `idempotency_conflict`, or `invalid` with the LMS's words per field.
            VendorUnavailable: the same call may be made again, with the same key.
        """
        secret = self._password(idempotency_key)
        status, signed = await self._call(
            SignUp,
            "pre-signup",
            "POST",
            "signup/preSign",
            secrets=(secret,),
            data={**form, "password": secret.get_secret_value()},
            headers={"Idempotency-Key": idempotency_key},
        )
        return SignedUp(signed.company_id, signed.user_id, created=status == httpx.codes.CREATED)

    async def company(self, company_id: str) -> dict[str, Any] | None:
        """The company, or None when there is none with this id."""
        return await self._if_found(Company, "company", _company(company_id))

    async def company_of_account(self, account_id: str) -> dict[str, Any] | None:
        """The company of a Salesforce account, or None.

        Raises:
            UnexpectedResponse: the account has several companies.
        """
        response = await self._get(Companies, "companies", "api/companies", accountId=account_id)
        companies = [company for company in response.companies if company.account_id == account_id]
        if len(companies) > 1:
            ids = masked(", ".join(company.id for company in companies), self._api_key)
            raise UnexpectedResponse(SYSTEM, f"companies: the account {account_id} has several companies: {ids}")
        return companies[0].plain() if companies else None

    async def usage(self, company_id: str) -> dict[str, Any] | None:
        """How the company uses the LMS (TRN-7), or None when there is none with this id.

        Returns:
            `users` by status (active, inactive, terminated), `providers` that are active, `modules`: the monthly
            active users by name, `asOf`: when that was counted (UTC).
        """
        return await self._if_found(Usage, "usage", f"{_company(company_id)}/usage")

    async def update_company(self, company_id: str, **changes: Any) -> dict[str, Any]:
        """Change fields of the company, named as the contract names them (`userCount`, `planAmount` …)."""
        return await self._send(Company, "update of the company", "PATCH", _company(company_id), changes)

    async def set_modules(self, company_id: str, modules: list[str]) -> dict[str, Any]:
        """Make these the company's modules, the whole set (ONB-13).

        Raises:
            VendorRefused: with code `unknown_module`.
        """
        path = f"{_company(company_id)}/permissions"
        return await self._send(Company, "modules", "PUT", path, {"modules": modules})

    async def user_by_email(self, email: str) -> dict[str, Any] | None:
        """The user with exactly this address, in upper or lower case, or None (ONB-9)."""
        response = await self._get(Users, "users", "api/users", email=email)
        return next((user.plain() for user in response.users if user.email.casefold() == email.casefold()), None)

    async def change_email(self, user_id: str, email: str) -> dict[str, Any]:
        """Give a user another address; the LMS sends no mail about it (ONB-9).

        Raises:
            VendorRefused: with code `email_taken`.
        """
        path = f"api/users/{quote(user_id, safe='')}"
        return await self._send(User, "change of address", "PATCH", path, {"email": email})

    async def publications(self, company_id: str) -> list[dict[str, Any]]:
        """Every publication of a company, in the order in which they were made (PUB-2)."""
        response = await self._get(Publications, "publications", "api/publications", companyId=company_id)
        return [publication.plain() for publication in response.publications if publication.company_id == company_id]

    async def create_publication(self, fields: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Set up a publication, once for each key (PUB-2).

        Args:
            fields: `organizationName`, `publicationName`, `companyId`, `details`.
            idempotency_key: the same fields must come with it again.

        Raises:
            VendorRefused: `publication_exists` (details: publicationId), `idempotency_conflict`, or `invalid`.
        """
        key = {"Idempotency-Key": idempotency_key}
        return await self._send(Publication, "new publication", "POST", "api/publications", fields, **key)

    async def update_publication(self, publication_id: str, **changes: Any) -> dict[str, Any]:
        """Change a publication: `publicationName`, `status`, `deactivateOn`, `deactivationReason`, `details`.

        Raises:
            VendorRefused: `publication_exists` (details: publicationId), `not_found` or `invalid`.
        """
        path = f"api/publications/{quote(publication_id, safe='')}"
        return await self._send(Publication, "update of the publication", "PATCH", path, changes)

    async def _if_found(self, model: type[Response], call: str, path: str) -> dict[str, Any] | None:
        try:
            return (await self._get(model, call, path)).plain()
        except VendorRefused as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    async def _get(self, model: type[M], call: str, path: str, **params: str) -> M:
        return (await self._call(model, call, "GET", path, params=params))[1]

    async def _send(
        self,
        model: type[Response],
        call: str,
        method: str,
        path: str,
        fields: Mapping[str, Any],
        **headers: str,
    ) -> dict[str, Any]:
        content = json.dumps(fields, default=_json).encode()
        headers["Content-Type"] = "application/json"
        return (await self._call(model, call, method, path, content=content, headers=headers))[1].plain()

    async def _call(
        self,
        model: type[M],
        call: str,
        method: str,
        path: str,
        *,
        secrets: tuple[SecretStr, ...] = (),
        **request: Any,
    ) -> tuple[int, M]:
        """Make one call: its status and its response."""
        writes, hidden = method != "GET", (self._api_key, *secrets)
        with no_secrets(*hidden), vendor_call(SYSTEM, call):
            try:
                response = await self._http.request(method, path, **request)
            except httpx.HTTPError as error:
                raise from_network(SYSTEM, call, error, writes=writes) from None
            if not response.is_success:
                raise refusal(call, response, writes=writes, secrets=hidden)
            return response.status_code, answer(model, call, parsed_json(SYSTEM, call, response.content))


def _company(company_id: str) -> str:
    return f"api/companies/{quote(company_id, safe='')}"


def _json(value: Any) -> str:
    """Money goes as text, since a JSON number may be read as a float; dates as ISO dates."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"A {type(value).__name__} cannot be sent to the LMS")
