"""The report about drift (REC-2): since when, what is new, what people left, what was not checked."""

from rules.reconciliation.report import MOST_LISTED, report
from tests.rules.reconciliation.lines import (
    ACCOUNT,
    IDS,
    OTHER,
    TODAY,
    USERS,
    YESTERDAY,
    decision,
    drift,
    found,
    line,
)


def of(what, earlier=(), decisions=()):
    """The sections of the report, by the sentence's key."""
    outcome = report(what, (IDS, USERS), earlier, decisions, TODAY)
    return outcome, {section.sentence.key: section for section in outcome.sections}


def test_rec_2_drift_that_the_report_before_had_is_not_new_and_keeps_its_day():
    outcome, sections = of(found(drift(), drift(account=OTHER)), [line(found="29")])
    users = sections[USERS.key]
    assert [(one.drift.account_id, one.since) for one in users.lines] == [(OTHER, TODAY), (ACCOUNT, YESTERDAY)]
    assert [one.drift.account_id for one in users.new] == [OTHER]
    assert (outcome.count, users.count, sections[IDS.key].count, outcome.new) == (2, 2, 0, (users,))


def test_rec_2_nothing_is_new_when_all_was_there_before():
    outcome, _ = of(found(drift()), [line()])
    assert (outcome.count, outcome.new) == (1, ())


def test_rec_2_what_is_gone_is_no_longer_listed():
    outcome, _ = of(found(), [line()])
    assert (outcome.count, outcome.lines) == (0, ())


def test_rec_2_a_decision_to_leave_a_value_holds_while_the_value_stays():
    outcome, sections = of(found(drift()), decisions=[decision(drift())])
    users = sections[USERS.key]
    assert (users.count, users.lines, users.new) == (0, (), ())
    assert [one.decision.by for one in users.left] == ["Dana"]
    assert outcome.lines == users.left, "the table keeps it, so that it is not new when the decision ends"
    changed, sections = of(found(drift(found="20")), decisions=[decision(drift())])
    assert (changed.count, sections[USERS.key].left) == (1, ())


def test_rec_2_of_several_decisions_the_last_one_counts():
    _, sections = of(found(drift()), decisions=[decision(drift()), decision(drift(), by="Noor")])
    assert [one.decision.by for one in sections[USERS.key].left] == ["Noor"]


def test_rec_2_a_sentence_whose_system_is_down_is_not_checked_and_keeps_its_lines():
    outcome, sections = of(
        found(drift(), drift(IDS, OTHER), unavailable={"Recurly": "Recurly did not answer."}), [line(IDS)]
    )
    ids = sections[IDS.key]
    assert ids.not_checked == "Recurly did not answer."
    assert [(one.drift.account_id, one.since) for one in ids.lines] == [(ACCOUNT, YESTERDAY)]
    assert (ids.new, sections[USERS.key].not_checked, sections[USERS.key].count) == ((), "", 1)
    assert outcome.count == 2


def test_rec_2_a_client_that_was_not_reached_keeps_its_lines():
    stopped = found(drift(), stopped="Stopped.", last=ACCOUNT)
    outcome, sections = of(stopped, [line(), line(account=OTHER)])
    assert {one.drift.account_id for one in sections[USERS.key].lines} == {ACCOUNT, OTHER}
    assert (outcome.stopped, outcome.new) == ("Stopped.", ())


def test_rec_2_thousands_of_offenders_are_counted_and_the_first_ones_listed():
    many = [drift(account=f"001{number:012}AAA") for number in range(MOST_LISTED)]
    outcome, sections = of(found(*many, counts={USERS.key: 10_000}))
    assert (outcome.count, len(sections[USERS.key].lines)) == (10_000, MOST_LISTED)


def test_rec_2_the_repairable_ones_are_counted():
    _, sections = of(found(drift(), drift(account=OTHER, repair=None)))
    assert sections[USERS.key].repairable == 1
