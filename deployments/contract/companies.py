"""One company: what it is, how it is changed, when its service ends, its modules and its usage."""

from deployments.contract.end_of_service import ended_and_back, planned_and_withdrawn
from deployments.contract.trial import Trial, check

_CHANGES = {"name": "Contract test, renamed", "userCount": 30, "locationCount": 3, "planAmount": "1300.55"}


@check(
    "getCompany",
    "A company has the values of its sign-up, is active, and has no end.",
    advice="Decode the form as UTF-8, with + and %XX; keep amounts as decimals, not as floats.",
)
async def company_as_signed_up(trial: Trial) -> None:
    """Special characters and the exact amount are kept."""
    form = trial.form()
    signed = await trial.given("signUp", data=form, idempotency_key=trial.key())
    reply = await trial.call(signed["companyId"])
    company = reply.expect(200)
    reply.expect_fields(
        {"id": signed["companyId"], "accountId": form["accountId"], "name": form["companyName"]}, company
    )
    reply.expect_fields({"userCount": 26, "locationCount": 2, "planAmount": "1250.10", "status": "active"}, company)
    reply.expect_value("deactivateOn", None, company.get("deactivateOn"))


@check(
    "updateCompany",
    "Changed fields are changed, others stay, and a repeat is 200 with the same company.",
    advice="Change only the fields that were sent, store them, and answer with the whole company.",
)
async def company_changes(trial: Trial) -> None:
    """The change is still there when the company is read again."""
    company_id = (await trial.given_company())["companyId"]
    before = await trial.given("getCompany", company_id)
    for _ in range(2):
        reply = await trial.call(company_id, json=_CHANGES)
        reply.expect_fields(
            _CHANGES | {"accountId": before["accountId"], "status": before["status"]}, reply.expect(200)
        )
    reply.expect_fields(_CHANGES, await trial.given("getCompany", company_id))


@check(
    "updateCompany",
    "A last day in the future makes a company scheduled, and null withdraws it.",
    advice="Derive the status from deactivateOn. A service lasts through its last day.",
)
async def company_end_planned(trial: Trial) -> None:
    """The reason is kept as long as the end is."""
    company_id = (await trial.given_company())["companyId"]
    await planned_and_withdrawn(trial, company_id)


@check(
    "updateCompany",
    "A last day in the past makes a company inactive, and status active starts it again.",
    advice="End a service at once if its last day is over. status active without deactivateOn removes the last day.",
)
async def company_ended_and_back(trial: Trial) -> None:
    """A service that was started again has no end."""
    company_id = (await trial.given_company())["companyId"]
    await ended_and_back(trial, company_id)


@check(
    "updateCompany",
    "A wrong value is 422 invalid with its field, and the company stays as it was.",
    advice="Check every field before you change anything.",
)
async def company_invalid(trial: Trial) -> None:
    """A right field of the same request is not changed either."""
    company_id = (await trial.given_company())["companyId"]
    reply = await trial.call(company_id, json={"userCount": 0, "locationCount": 9})
    reply.expect_value("the wrong fields", ["userCount"], sorted(reply.expect(422, code="invalid")["error"]["fields"]))
    company = await trial.given("getCompany", company_id)
    reply.expect_fields({"userCount": 26, "locationCount": 2}, company)


@check(
    "setModules",
    "A company gets each module of our permission matrix, and loses those that are not sent.",
    advice="Replace the whole set. Tell us if your modules have other ids.",
)
async def modules_are_replaced(trial: Trial) -> None:
    """The order of modules does not count."""
    company_id = (await trial.given_company())["companyId"]
    modules = trial.server.contract.modules
    for wanted in (modules, modules[:1], modules[:1], []):
        reply = await trial.call(company_id, json={"modules": wanted})
        reply.expect_value("the modules", sorted(wanted), sorted(reply.expect(200)["modules"]))
    reply.expect_value("no modules:", [], (await trial.given("getCompany", company_id))["modules"])


@check(
    "setModules",
    "An unknown module is 422 unknown_module, and the company keeps its modules.",
    advice="Check every module before you change anything.",
)
async def unknown_module(trial: Trial) -> None:
    """The known module of the same request is not set either."""
    company_id = (await trial.given_company())["companyId"]
    modules = trial.server.contract.modules
    reply = await trial.call(company_id, json={"modules": [modules[0], "levitation"]})
    reply.expect(422, code="unknown_module")
    reply.expect_value("no modules:", [], (await trial.given("getCompany", company_id))["modules"])


@check(
    "getUsage",
    "A new company has counts of its users by status, its providers and its modules, with the moment in UTC.",
    advice="Answer every count, also where it is 0, and asOf like 2026-12-01T04:00:00Z.",
)
async def usage_is_counted(trial: Trial) -> None:
    """The counts of a new company may still be 0."""
    company_id = (await trial.given_company())["companyId"]
    (await trial.call(company_id)).expect(200)


CHECKS = (
    company_as_signed_up,
    company_changes,
    company_end_planned,
    company_ended_and_back,
    company_invalid,
    modules_are_replaced,
    unknown_module,
    usage_is_counted,
)
