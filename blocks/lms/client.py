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

from blocks.common.errors import UnexpectedResponse, VendorRefused
from blocks.common.http import authorities, from_network, is_loopback
from blocks.common.masking import masked, no_secrets
from blocks.lms import responses as answers
from blocks.lms.responses import SYSTEM

_CREATED = 201
_NOT_FOUND = 404
_POOL = httpx.Limits(max_connections=10, max_keepalive_connections=5)

Password = Callable[[str], SecretStr]


@dataclass(frozen=True)
class SignedUp:
    """What a sign-up brought about. `created` is False when an earlier try had already done it."""

    company_id: str
    user_id: str
    created: bool


class LmsClient:
    """Speaks to the LMS from one event loop. Raises only the classes of `blocks.common.errors`.

    Companies and users come as the LMS tells them, their promised fields checked; `planAmount` is a Decimal,
    `deactivateOn` a date or None.

    Args:
        base_url: address of the LMS.
        api_key: goes into X-API-Key.
        password: tells the password of a sign-up by its idempotency key.
        seconds: how long one answer may take.
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

    async def pre_sign(self, form: Mapping[str, str], *, idempotency_key: str) -> SignedUp:
        """Create the company and its super admin (ONB-6); the password is added here alone (ONB-10).

        Raises:
            VendorRefused: `account_exists` (details: companyId), `email_taken` (details: holder),
                `idempotency_conflict`, or `invalid` with the LMS's words per field.
            VendorUnavailable: the same call may be made again, with the same key.
        """
        secret = self._password(idempotency_key)
        status, body = await self._call(
            "pre-signup",
            "POST",
            "signup/preSign",
            secrets=(secret,),
            data={**form, "password": secret.get_secret_value()},
            headers={"Idempotency-Key": idempotency_key},
        )
        return SignedUp(
            company_id=answers.text("pre-signup", body, "companyId"),
            user_id=answers.text("pre-signup", body, "userId"),
            created=status == _CREATED,
        )

    async def company(self, company_id: str) -> dict[str, Any] | None:
        """The company, or None when there is none with this id."""
        try:
            _, body = await self._call("company", "GET", _company(company_id))
        except VendorRefused as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        return answers.company("company", body)

    async def company_of_account(self, account_id: str) -> dict[str, Any] | None:
        """The company of a Salesforce account, or None.

        Raises:
            WrongAnswer: when there are several, which must not be.
        """
        _, body = await self._call("companies", "GET", "api/companies", params={"accountId": account_id})
        found = [answers.company("companies", item) for item in answers.items("companies", body, "companies")]
        found = [company for company in found if company["accountId"] == account_id]
        if len(found) > 1:
            ids = masked(", ".join(company["id"] for company in found), self._api_key)
            raise UnexpectedResponse(SYSTEM, f"companies: the account {account_id} has several companies: {ids}")
        return found[0] if found else None

    async def usage(self, company_id: str) -> dict[str, Any] | None:
        """How the company uses the LMS (TRN-7), or None when there is none with this id.

        Returns:
            `users` by status (active, inactive, terminated), `providers` that are active, `modules`: the monthly
            active users by name, `asOf`: when that was counted (UTC).
        """
        try:
            _, body = await self._call("usage", "GET", f"{_company(company_id)}/usage")
        except VendorRefused as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        return answers.usage("usage", body)

    async def update_company(self, company_id: str, **changes: Any) -> dict[str, Any]:
        """Change fields of the company, named as the contract names them (`userCount`, `planAmount` …)."""
        body = await self._send("update of the company", "PATCH", _company(company_id), changes)
        return answers.company("update of the company", body)

    async def set_modules(self, company_id: str, modules: list[str]) -> dict[str, Any]:
        """Make these the company's modules, the whole set (ONB-13).

        Raises:
            VendorRefused: with code `unknown_module`.
        """
        path = f"{_company(company_id)}/permissions"
        return answers.company("modules", await self._send("modules", "PUT", path, {"modules": modules}))

    async def user_by_email(self, email: str) -> dict[str, Any] | None:
        """The user with exactly this address, upper and lower case alike, or None (ONB-9)."""
        _, body = await self._call("users", "GET", "api/users", params={"email": email})
        found = [answers.user("users", item) for item in answers.items("users", body, "users")]
        return next((user for user in found if user["email"].casefold() == email.casefold()), None)

    async def change_email(self, user_id: str, email: str) -> dict[str, Any]:
        """Give a user another address, silently (ONB-9).

        Raises:
            VendorRefused: with code `email_taken`.
        """
        path = f"api/users/{quote(user_id, safe='')}"
        return answers.user("change of address", await self._send("change of address", "PATCH", path, {"email": email}))

    async def publications(self, company_id: str) -> list[dict[str, Any]]:
        """Every publication of a company, in the order in which they were made (PUB-2)."""
        _, body = await self._call("publications", "GET", "api/publications", params={"companyId": company_id})
        found = [
            answers.publication("publications", one) for one in answers.items("publications", body, "publications")
        ]
        return [one for one in found if one["companyId"] == company_id]

    async def create_publication(self, fields: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Set up a publication, once for each key (PUB-2).

        Args:
            fields: `organizationName`, `publicationName`, `companyId`, `details`.
            idempotency_key: the same fields must come with it again.

        Raises:
            VendorRefused: `publication_exists` (details: publicationId), `idempotency_conflict`, or `invalid`.
        """
        what, headers = "new publication", {"Idempotency-Key": idempotency_key}
        return answers.publication(what, await self._send(what, "POST", "api/publications", fields, headers))

    async def update_publication(self, publication_id: str, **changes: Any) -> dict[str, Any]:
        """Change a publication: `publicationName`, `status`, `deactivateOn`, `deactivationReason`, `details`.

        Raises:
            VendorRefused: `publication_exists` (details: publicationId), `not_found` or `invalid`.
        """
        what, path = "update of the publication", f"api/publications/{quote(publication_id, safe='')}"
        return answers.publication(what, await self._send(what, "PATCH", path, changes))

    async def _send(
        self, what: str, method: str, path: str, fields: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Any:
        content = json.dumps(fields, default=_json).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
        _, body = await self._call(what, method, path, content=content, headers=headers)
        return body

    async def _call(
        self,
        what: str,
        method: str,
        path: str,
        *,
        secrets: tuple[SecretStr, ...] = (),
        **request: Any,
    ) -> tuple[int, Any]:
        """Make one call: its status and parsed body."""
        writes, hidden = method != "GET", (self._api_key, *secrets)
        with no_secrets(*hidden):
            try:
                response = await self._http.request(method, path, **request)
            except httpx.HTTPError as error:
                raise from_network(answers.SYSTEM, what, error, writes=writes) from None
            if not response.is_success:
                raise answers.refusal(what, response, writes=writes, secrets=hidden)
            return response.status_code, answers.parsed(what, response.content)


def _company(company_id: str) -> str:
    return f"api/companies/{quote(company_id, safe='')}"


def _json(value: Any) -> str:
    """Money goes as text, since a JSON number may be read as a float; dates as ISO dates."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"A {type(value).__name__} cannot be sent to the LMS")
