"""The companies and publications of Salesforce accounts: by ids, by a range, page by page."""

from deployments.contract.server import Reply
from deployments.contract.trial import Trial, check

ENDS = ("0Z", "0a", "10")
"""The ends of three account ids in an order that is no order byte by byte: that is 0Z, 0a, 10 only if Z is before a."""
MOST_IDS = 200
_MOST_PAGES = 10


@check(
    "findCompanies",
    "An account has its company, and an account without one has an empty list.",
    advice="Answer 200 with an empty list, not 404.",
)
async def companies_of_account(trial: Trial) -> None:
    """Each company is found by its account alone."""
    form = trial.form()
    signed = await trial.given("signUp", data=form, idempotency_key=trial.key())
    await trial.given_company()
    for account, ids in ((form["accountId"], [signed["companyId"]]), (trial.account(), [])):
        reply = await trial.call(params={"accountId": account})
        reply.expect_value("the companies", ids, [one["id"] for one in reply.expect(200)["companies"]])


@check(
    "findCompanies",
    "A range begins after its first account, ends with its last, and is sorted byte by byte.",
    advice="Compare account ids with a binary (case-sensitive) collation.",
)
async def companies_of_range(trial: Trial) -> None:
    """The first account is not part of the range."""
    accounts = await _companies(trial)
    reply = await _range(trial, accounts[0], accounts[2], 1000)
    _compare(reply, "companies", accounts[1:], more=False)


@check(
    "findCompanies",
    "Pages of one account each have every company of a range once, with more true until the last.",
    advice="Answer more true if accounts of the range follow after the page.",
)
async def companies_by_page(trial: Trial) -> None:
    """The next page begins after the last account of the page before."""
    accounts = await _companies(trial)
    await _pages(trial, "companies", trial.account("00"), accounts)


@check(
    "findCompanies",
    "200 account ids in one request have their companies, with more false.",
    advice="Accept addresses of 4,500 characters, and %2C as a comma. Leave out accounts without a company.",
)
async def companies_of_ids(trial: Trial) -> None:
    """Unknown accounts are left out."""
    accounts = await _companies(trial)
    reply = await trial.call(params={"accountIds": ",".join(_ids(trial, accounts[:2]))})
    _compare(reply, "companies", accounts[:2], more=False)


@check(
    "findPublications",
    "A company has its publications in the order in which they were created; another has none.",
    advice="Sort by creation. Answer 200 with an empty list for a company without publications.",
)
async def publications_of_company(trial: Trial) -> None:
    """Publications of other companies are not among them."""
    company, other = [(await trial.given_company())["companyId"] for _ in range(2)]
    made = [(await trial.given_publication(company, publicationName=name))["id"] for name in ("Z", "A")]
    for company_id, ids in ((company, made), (other, [])):
        reply = await trial.call(params={"companyId": company_id})
        reply.expect_value("the publications", ids, [one["id"] for one in reply.expect(200)["publications"]])


@check(
    "findPublications",
    "Pages of one account each have every publication of a range once, each with its accountId.",
    advice="As for companies: binary order, more true until the last page, all publications of an account on one page.",
)
async def publications_by_page(trial: Trial) -> None:
    """Publications of one account are not spread over two pages."""
    accounts = await _companies(trial, publications=2)
    await _pages(trial, "publications", trial.account("00"), [one for one in accounts for _ in range(2)])


@check(
    "findPublications",
    "200 account ids in one request have the publications of their companies, each with its accountId.",
    advice="Accept addresses of 4,500 characters, and %2C as a comma. Leave out accounts without publications.",
)
async def publications_of_ids(trial: Trial) -> None:
    """Unknown accounts are left out."""
    accounts = await _companies(trial, publications=1)
    reply = await trial.call(params={"accountIds": ",".join(_ids(trial, accounts[:2]))})
    _compare(reply, "publications", accounts[:2], more=False)


async def _companies(trial: Trial, publications: int = 0) -> list[str]:
    """The accounts of three companies, byte by byte; the companies were not created in this order."""
    for end in reversed(ENDS):
        signed = await trial.given_company(accountId=trial.account(end))
        for _ in range(publications):
            await trial.given_publication(signed["companyId"])
    return [trial.account(end) for end in ENDS]


async def _range(trial: Trial, after: str, up_to: str, limit: int) -> Reply:
    return await trial.call(params={"afterAccountId": after, "upToAccountId": up_to, "limit": limit})


async def _pages(trial: Trial, kind: str, after: str, accounts: list[str]) -> None:
    """Read a range page by page: one account on each, until there is no more."""
    found: list[str] = []
    for _ in range(_MOST_PAGES):
        reply = await _range(trial, after, accounts[-1], 1)
        body = reply.expect(200)
        on_page = _accounts(reply, kind)
        reply.expect_value("accounts on a page with limit 1:", 1, len(set(on_page)))
        found, after = [*found, *on_page], on_page[-1]
        reply.expect_value("more", after != accounts[-1], body.get("more"))
        if not body["more"]:
            break
    reply.expect_value("the accounts of all pages", accounts, found)


def _ids(trial: Trial, known: list[str]) -> list[str]:
    """The known ids among 200."""
    return [*(trial.account() for _ in range(MOST_IDS - len(known))), *known]


def _compare(reply: Reply, kind: str, accounts: list[str], *, more: bool) -> None:
    body = reply.expect(200)
    reply.expect_value(f"the accounts of the {kind}", accounts, _accounts(reply, kind))
    reply.expect_value("more", more, body.get("more"))


def _accounts(reply: Reply, kind: str) -> list[str]:
    """The account of each record."""
    rows = reply.expect(200)[kind]
    reply.expect_value("records without accountId:", [], [row["id"] for row in rows if not row.get("accountId")])
    return [str(row["accountId"]) for row in rows]


CHECKS = (
    companies_of_account,
    companies_of_range,
    companies_by_page,
    companies_of_ids,
    publications_of_company,
    publications_by_page,
    publications_of_ids,
)
