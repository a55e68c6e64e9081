"""Users: found by their address, and given another one."""

from deployments.contract.trial import Trial, check


@check(
    "findUsers",
    "A user is found by the address in capitals; an address that nobody has is an empty list.",
    advice="Compare whole addresses without regard to case. Answer 200 with an empty list, not 404.",
)
async def user_by_email(trial: Trial) -> None:
    """The address is answered as it was entered."""
    signed = await trial.given_company(email=(email := trial.email()))
    reply = await trial.call(params={"email": email.upper()})
    found = [(user["id"], user["email"]) for user in reply.expect(200)["users"]]
    reply.expect_value("the user", [(signed["userId"], email)], found)
    nobody = await trial.call(params={"email": trial.email()})
    nobody.expect_value("users:", [], nobody.expect(200)["users"])


@check(
    "findUsers",
    "A user whose address has a + is found; the same address without it is another one.",
    advice="Decode %2B in the query as +, and a form's %2B too. Do not drop what follows a + in an address.",
)
async def user_with_plus(trial: Trial) -> None:
    """Plus addresses are what we give to users whose own address is taken."""
    plain = trial.email()
    plus = plain.replace("@", "+1@")
    signed = await trial.given_company(email=plus)
    for email, ids in ((plus, [signed["userId"]]), (plain, [])):
        reply = await trial.call(params={"email": email})
        reply.expect_value(f"the users with {email}:", ids, [user["id"] for user in reply.expect(200)["users"]])


@check(
    "updateUser",
    "A user gets another address, a repeat is 200, and the old address is free.",
    advice="Store the new address. The address that the user has already is no conflict.",
)
async def user_gets_address(trial: Trial) -> None:
    """The user is found by the new address alone."""
    old, new = trial.email(), trial.email()
    user_id = (await trial.given_company(email=old))["userId"]
    for _ in range(2):
        reply = await trial.call(user_id, json={"email": new})
        user = reply.expect(200)
        reply.expect_value("the user", (user_id, new), (user["id"], user["email"]))
    for email, ids in ((new, [user_id]), (old, [])):
        users = (await trial.given("findUsers", params={"email": email}))["users"]
        reply.expect_value(f"the users with {email}:", ids, [user["id"] for user in users])


@check(
    "updateUser",
    "An address that another user has, also in capitals, is 409 email_taken with its holder.",
    advice="Compare addresses without regard to case, and name the user in the error.",
)
async def user_email_taken(trial: Trial) -> None:
    """The error names the other user."""
    holder = await trial.given_company(email=(email := trial.email()))
    user_id = (await trial.given_company())["userId"]
    reply = await trial.call(user_id, json={"email": email.upper()})
    error = reply.expect(409, code="email_taken")["error"]
    reply.expect_value("the holder", holder["userId"], error["holder"]["userId"])


@check(
    "updateUser",
    "A text that is no address is 422 invalid with the field email.",
    advice="Check the address before you change anything.",
)
async def user_email_invalid(trial: Trial) -> None:
    """The field is named."""
    user_id = (await trial.given_company())["userId"]
    reply = await trial.call(user_id, json={"email": "jane"})
    reply.expect_value("the wrong fields", ["email"], sorted(reply.expect(422, code="invalid")["error"]["fields"]))


CHECKS = (user_by_email, user_with_plus, user_gets_address, user_email_taken, user_email_invalid)
