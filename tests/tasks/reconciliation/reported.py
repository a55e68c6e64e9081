"""Reports with as many offenders as a test needs."""

from datetime import date

from rules.reconciliation.drift import Drift, Offender, Repair, all_sentences
from rules.reconciliation.report import Found, Report, report
from tests.support.publications import ClientIds

TODAY = date(2027, 3, 2)


def offender(number: int, text: str, repair: str = "entitlement/entitlement") -> Offender:
    """An offender whose every text is this one; without `repair`, for people."""
    run = Repair(repair, {"account_id": account(number)}) if repair else None
    return Offender(text, text, f"{text}{number}", text, run)


def account(number: int) -> str:
    """The id of an account."""
    return f"001{number:012d}AAA"


def reported(text: str, number: int = 1, sentences: int = 1, repair: str = "entitlement/entitlement") -> Report:
    """A first report: so many new offenders of so many sentences."""
    chosen = all_sentences()[:sentences]
    found = [
        Drift(one.key, account(n), text, offender(n, text, repair)) for one in chosen for n in range(1, number + 1)
    ]
    counts = {one.key: number for one in chosen}
    return report(Found(tuple(found), counts, 5000, {}), all_sentences(), (), (), TODAY)


def users_differ(client: ClientIds) -> Report:
    """A report in which a client of the org has 30 users instead of 40."""
    run = Repair("entitlement/entitlement", {"account_id": client.account})
    offender = Offender(f"Company {client.company}", "User Count", "30", "40", run)
    drift = Drift("users_equal_the_contracts", client.account, client.name, offender)
    return report(Found((drift,), {drift.sentence: 1}, 1, {}), all_sentences(), (), (), TODAY)
