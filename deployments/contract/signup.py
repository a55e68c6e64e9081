"""The sign-up: one company for each account, one user for each address, one effect for each key."""

import asyncio

from deployments.contract.server import Mismatch
from deployments.contract.trial import Trial, check


@check(
    "signUp",
    "A new account gets a company and a super admin: 201 with both ids as texts.",
    advice="Answer 201 with companyId and userId, both as JSON texts.",
)
async def sign_up_creates(trial: Trial) -> None:
    """The ids belong to the company and the user that the form describes."""
    form = trial.form()
    signed = (reply := await trial.call(data=form, idempotency_key=trial.key())).expect(201)
    users = (await trial.given("findUsers", params={"email": form["email"]}))["users"]
    found = [(user["id"], user["companyId"], user["kind"], user["firstName"], user["lastName"]) for user in users]
    expected = [(signed["userId"], signed["companyId"], "customer", form["firstName"], form["lastName"])]
    reply.expect_value("the super admin", expected, found)


@check(
    "signUp",
    "A repeat with the same key and form answers 200 with the same ids.",
    advice="Keep the first response under its Idempotency-Key, and give it again.",
)
async def sign_up_repeat(trial: Trial) -> None:
    """Nothing is created by a repeat."""
    form, key = trial.form(), trial.key()
    first = await trial.given("signUp", data=form, idempotency_key=key)
    again = await trial.call(data=form, idempotency_key=key)
    again.expect_value("the ids of the first response", _ids(first), _ids(again.expect(200)))
    found = (await trial.given("findCompanies", params={"accountId": form["accountId"]}))["companies"]
    again.expect_value("one company of the account:", [first["companyId"]], [company["id"] for company in found])


@check(
    "signUp",
    "The same key with another form is 409 idempotency_conflict.",
    advice="Keep a digest of the form with the Idempotency-Key, and compare it.",
)
async def sign_up_conflict(trial: Trial) -> None:
    """A key stands for one form."""
    form, key = trial.form(), trial.key()
    await trial.given("signUp", data=form, idempotency_key=key)
    other = await trial.call(data=form | {"userCount": "27"}, idempotency_key=key)
    other.expect(409, code="idempotency_conflict")


@check(
    "signUp",
    "Another sign-up of the same account is 409 account_exists with its companyId.",
    advice="Make accountId unique among companies, and name the company in the error.",
)
async def sign_up_account_exists(trial: Trial) -> None:
    """The error names the company."""
    form = trial.form()
    signed = await trial.given("signUp", data=form, idempotency_key=trial.key())
    other = await trial.call(data=form | {"email": trial.email()}, idempotency_key=trial.key())
    error = other.expect(409, code="account_exists")["error"]
    other.expect_value("companyId", signed["companyId"], error["companyId"])


@check(
    "signUp",
    "A taken address, also in capitals, is 409 email_taken with its holder.",
    advice="Compare addresses without regard to case, and name the user in the error.",
)
async def sign_up_email_taken(trial: Trial) -> None:
    """The error names the user who has the address."""
    form = trial.form()
    signed = await trial.given("signUp", data=form, idempotency_key=trial.key())
    other = await trial.call(data=trial.form(email=form["email"].upper()), idempotency_key=trial.key())
    holder = other.expect(409, code="email_taken")["error"]["holder"]
    found = (holder["userId"], holder["companyId"], holder["kind"])
    other.expect_value("the holder", (signed["userId"], signed["companyId"], "customer"), found)


@check(
    "signUp",
    "A refused sign-up succeeds with the same key once the address is free.",
    advice="Keep only successful responses under an Idempotency-Key.",
)
async def sign_up_after_refusal(trial: Trial) -> None:
    """A refusal does not use up the key."""
    holder = await trial.given_company(email=(email := trial.email()))
    form, key = trial.form(email=email), trial.key()
    refused = await trial.call(data=form, idempotency_key=key)
    refused.expect_value("the status", 409, refused.status)
    await trial.given("updateUser", holder["userId"], json={"email": trial.email()})
    (await trial.call(data=form, idempotency_key=key)).expect(201, 200)


@check(
    "signUp",
    "Wrong values are 422 invalid with the name of each wrong field, and nothing is created.",
    advice="Check every field before you create anything, and name all wrong ones in fields.",
)
async def sign_up_invalid(trial: Trial) -> None:
    """All wrong fields are named at once, and none that is right."""
    form = trial.form(userCount="-1", email="jane", password="Qx7-kV.")  # noqa: S106 - it is refused
    reply = await trial.call(data=form, idempotency_key=trial.key())
    fields = reply.expect(422, code="invalid")["error"]["fields"]
    reply.expect_value("the wrong fields", ["email", "password", "userCount"], sorted(fields))
    found = (await trial.given("findCompanies", params={"accountId": form["accountId"]}))["companies"]
    reply.expect_value("no company of the account:", [], [company["id"] for company in found])


@check(
    "signUp",
    "Three equal sign-ups at the same time create one company: the same ids, or 409 locked.",
    advice="Reserve the Idempotency-Key in the database (a unique index) before you create anything.",
)
async def sign_up_at_once(trial: Trial) -> None:
    """At least one succeeds."""
    form, key = trial.form(), trial.key()
    replies = await asyncio.gather(*(trial.call(data=form, idempotency_key=key) for _ in range(3)))
    done = [reply for reply in replies if reply.status in (200, 201)]
    for reply in replies:
        if reply not in done:
            reply.expect(409, code="locked")
    if len({_ids(reply.expect(200, 201)) for reply in done}) != 1:
        raise Mismatch(replies[0].operation, "the same ids in each response", ", ".join(one.shown for one in replies))
    found = (await trial.given("findCompanies", params={"accountId": form["accountId"]}))["companies"]
    replies[0].expect_value("companies of the account:", 1, len(found))


def _ids(signed: dict[str, str]) -> tuple[str, str]:
    return signed["companyId"], signed["userId"]


CHECKS = (
    sign_up_creates,
    sign_up_repeat,
    sign_up_conflict,
    sign_up_account_exists,
    sign_up_email_taken,
    sign_up_after_refusal,
    sign_up_invalid,
    sign_up_at_once,
)
