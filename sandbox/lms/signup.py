"""The pre-signup form: a company and its super admin from one form, once per idempotency key."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.errors import Refused
from sandbox.lms import checks
from sandbox.lms.store import Record, Store
from sandbox.recurly.system import RecurlySystem
from sandbox.state import effect

_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS: Final[dict[str, checks.Check]] = {
    "accountId": checks.account_id,
    "companyName": checks.text,
    "firstName": checks.text,
    "lastName": checks.text,
    "phone": checks.phone,
    "email": checks.email,
    "password": checks.password,
    "userCount": checks.count_text,
    "locationCount": checks.count_text,
    "planAmount": checks.amount,
    "billingStartDate": checks.day,
}


async def pre_sign(request: Request, store: Store, recurly: RecurlySystem) -> Response:
    """Sign a customer up."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Refused(415, "unsupported_media_type", f"the form is sent as {_FORM}")
    sent = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    values = checks.checked(sent, _FIELDS, required=_FIELDS)
    key, before = store.signups.answered(request, sent)
    if before is not None:
        return JSONResponse(before)
    if existing := store.companies_of(values["accountId"]):
        raise Refused(409, "account_exists", "this account is signed up", companyId=existing[0]["id"])
    store.check_free(values["email"])
    answer = _sign_up(values, store)
    store.signups.remember(key, sent, answer)
    effect(request)
    recurly.after_signup(values["accountId"], values["companyName"], values["email"])
    return JSONResponse(answer, 201)


def _sign_up(values: Record, store: Store) -> dict[str, str]:
    kept = ("accountId", "userCount", "locationCount", "planAmount", "billingStartDate")
    company = store.add_company({"name": values["companyName"], **{name: values[name] for name in kept}})
    person = {name: values[name] for name in ("email", "firstName", "lastName", "phone")}
    user = store.add_user({**person, "role": "super_admin", "companyId": company["id"]})
    return {"companyId": company["id"], "userId": user["id"]}
