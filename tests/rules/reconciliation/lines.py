"""Builders of drift, and of the lines of a report."""

from datetime import date

from rules.reconciliation.drift import Drift, Offender, Repair, Sentence
from rules.reconciliation.report import Decision, Found, Line

TODAY, YESTERDAY = date(2027, 3, 2), date(2027, 3, 1)
ACCOUNT, OTHER = "001000000000001AAA", "001000000000002AAA"
IDS = Sentence("ids_agree", "Ids agree.", frozenset({"Recurly"}), lambda _state, _standards: ())
USERS = Sentence("users_agree", "Users agree.", frozenset(), lambda _state, _standards: ())
RUN = Repair("entitlement/entitlement", {"account_id": ACCOUNT})


def drift(sentence=USERS, account=ACCOUNT, found="30", *, field="User Count", repair=RUN, name="Acme"):
    return Drift(sentence.key, account, name, Offender(f"Account {account}", field, found, "40", repair))


def line(*args, since=YESTERDAY, decision=None, **more):
    return Line(drift(*args, **more), since, decision)


def found(*drifts, counts=None, **more):
    listed = {}
    for one in drifts:
        listed[one.sentence] = listed.get(one.sentence, 0) + 1
    return Found(drifts, counts or listed, **{"clients": 10, "unavailable": {}} | more)


def decision(of, value="30", on=YESTERDAY, by="Dana"):
    return Decision(of.identity, value, by, "agreed with the client", on)
