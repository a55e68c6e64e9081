"""SOQL against plain Python, for any rows and any condition."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from simple_salesforce.format import format_soql

from sandbox.salesforce import ids
from sandbox.salesforce.errors import SalesforceError
from tests.sandbox.soql.asking import TODAY, ask, fresh_org, names


@settings(deadline=None)
@given(st.text(alphabet="SELECTFROMWHERE abcId'(),.=<>!%_\\0123456789-:*\n", max_size=60))
def test_any_text_is_a_statement_or_refused_in_words(text):
    with suppress(SalesforceError):
        ask(fresh_org(), format_soql("SELECT Id FROM Account {:literal}", text))


WORDS = st.sampled_from(["Alpha", "ALPHA", "beta", "be", "", "a'b", "x%y", "ß"])
AMOUNTS = st.sampled_from([None, -1.5, 0.0, 1.0, 2.0, 1e9])
DAYS = st.sampled_from([None, *(TODAY + timedelta(days=off) for off in (-31, -1, 0, 1, 400))])
ACCOUNTS = (ids.record_id("001", 1), ids.record_id("001", 2))
ROWS = st.lists(st.tuples(WORDS, AMOUNTS, DAYS, st.sampled_from([None, *ACCOUNTS])), max_size=8)


def quoted(word):
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


def is_word(row, word):
    """Whether NextStep is this word, without case; the empty string stands for null on both sides."""
    return row[0].lower() == word.lower()


def text_condition(word):
    return st.sampled_from(
        [
            (f"NextStep = {quoted(word)}", lambda row: is_word(row, word)),
            (f"NextStep != {quoted(word)}", lambda row: not is_word(row, word)),
            (f"NextStep IN ({quoted(word)}, 'beta')", lambda row: is_word(row, word) or row[0] == "beta"),
            ("NextStep LIKE 'a%'", lambda row: row[0].lower().startswith("a")),
        ]
    )


def amount_condition(amount):
    if amount is None:
        return st.sampled_from(
            [("Amount = null", lambda row: row[1] is None), ("Amount != null", lambda row: row[1] is not None)]
        )
    return st.sampled_from(
        [
            (f"Amount < {amount:f}", lambda row: row[1] is not None and row[1] < amount),
            (f"Amount >= {amount:f}", lambda row: row[1] is not None and row[1] >= amount),
            (f"Amount != {amount:f}", lambda row: row[1] != amount),
        ]
    )


def day_condition(day):
    if day is None:
        return st.just(
            ("Future_Billing_Date__c = LAST_N_DAYS:1", lambda row: row[2] in (TODAY, TODAY - timedelta(days=1)))
        )
    return st.sampled_from(
        [
            (f"Future_Billing_Date__c > {day}", lambda row: row[2] is not None and row[2] > day),
            (f"Future_Billing_Date__c <= {day}", lambda row: row[2] is not None and row[2] <= day),
        ]
    )


def account_condition(account):
    """A comparison of an indexed field, through which rows are found without looking at all of them."""
    return st.sampled_from(
        [
            (f"AccountId = '{account[:15]}'", lambda row: row[3] == account),
            (f"AccountId != '{account}'", lambda row: row[3] != account),
            (f"AccountId IN ('{account}', null)", lambda row: row[3] in (account, None)),
            (f"AccountId NOT IN ('{account}')", lambda row: row[3] != account),
        ]
    )


def every(parts):
    return " AND ".join(f"({soql})" for soql, _ in parts), lambda row: all(holds(row) for _, holds in parts)


def some(parts):
    return " OR ".join(f"({soql})" for soql, _ in parts), lambda row: any(holds(row) for _, holds in parts)


def negated(part):
    return f"NOT ({part[0]})", lambda row: not part[1](row)


LEAVES = st.one_of(
    st.sampled_from(ACCOUNTS).flatmap(account_condition),
    WORDS.flatmap(text_condition),
    AMOUNTS.flatmap(amount_condition),
    DAYS.flatmap(day_condition),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=3).map(every),
        st.lists(parts, min_size=2, max_size=3).map(some),
        parts.map(negated),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(ROWS, CONDITIONS)
def test_any_condition_chooses_what_plain_python_chooses(rows, condition):
    soql, holds = condition
    org = fresh_org()
    for number, (word, amount, day, account) in enumerate(rows):
        org.plant(
            "Opportunity", Name=str(number), AccountId=account, NextStep=word or None, Amount=amount,
            Future_Billing_Date__c=day and day.isoformat(),
        )  # fmt: skip
    wanted = {str(number) for number, row in enumerate(rows) if holds(row)}
    found = names(org, soql, "Opportunity")
    assert len(found) == len(set(found))
    assert set(found) == wanted


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, AMOUNTS), max_size=10), st.booleans(), st.booleans())
def test_sorting_is_stable_and_keeps_every_row(rows, descending, nulls_last):
    org = fresh_org()
    for word, amount in rows:
        org.plant("Opportunity", Name=word or "-", Amount=amount)
    order = f"Amount {'DESC' if descending else 'ASC'} NULLS {'LAST' if nulls_last else 'FIRST'}"
    found = [
        row["Amount"] for row in ask(org, format_soql("SELECT Amount FROM Opportunity ORDER BY {:literal}", order))
    ]
    empty = [None] * sum(amount is None for _, amount in rows)
    full = sorted((amount for _, amount in rows if amount is not None), reverse=descending)
    assert found == (full + empty if nulls_last else empty + full)
