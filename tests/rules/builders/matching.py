"""A row of a workbook, and the accounts and users that it may mean."""

from rules.common.ids import to18
from rules.common.records import Person
from rules.transition.match import MatchedAccount, NewCsm
from rules.transition.rows import COLUMNS, parse_rows
from tests.rules.builders.account_facts import TODAY


def an_id(kind, number):
    return to18(f"{kind}{number:012}", kind)


LENA = Person(an_id("005", 99), "Lena Lead", "lena@team.example")


def taker(number, name, *, active=True, is_csm=True, lead=LENA):
    address = f"{name.lower().replace(' ', '.')}{number}@team.example"
    return NewCsm(Person(an_id("005", number), name, address), active, is_csm, lead)


PAT, KIM = taker(1, "Pat Lee"), taker(2, "Kim Roe")


def held(number, name, csm=PAT.person, *, served=True):
    return MatchedAccount(an_id("001", number), name, csm, served)


ACME = held(1, "Acme Clinics")


def row(account=ACME.name, csm=KIM.person.name, number=2):
    cells = dict(zip(COLUMNS, (account, csm, "Leave", "", "", ""), strict=True))
    rows, faults = parse_rows([(number, cells)], TODAY)
    assert faults == []
    return rows[0]
