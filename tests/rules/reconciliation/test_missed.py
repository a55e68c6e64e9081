"""REC-1: whose message was missed, and what makes up for it."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.common.going_live import GoingLive, Mode
from rules.onboarding.runs import ended_out_of_scope, onboarding_run_key
from rules.reconciliation.missed import (
    CLOCKS_APART,
    FAILED_FOR,
    MOST_RETRIES,
    SETTLING,
    WHOLE_SECONDS,
    missed,
    missed_contract,
    missed_sale,
)
from rules.reconciliation.missed_records import RETRY_MARK, Action, ChangedContract, Kind, PastRun, Status, Why, WonSale

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
INSTALLED = NOW - timedelta(days=30)
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
SALE, ACCOUNT, CONTRACT = "006000000000001AAA", "001000000000001AAA", "800000000000001AAA"


def sale(won=NOW - DAY, changed=NOW - DAY, number=1, account="Acme"):
    return WonSale(f"00600000000000{number}AAA", "Acme 2026", ACCOUNT, account, won, changed)


def contract(changed=NOW - DAY):
    return ChangedContract(CONTRACT, "Contract 00000101", ACCOUNT, "Acme", changed)


def run(status, since=NOW - DAY, *, number=1, begun=NOW - DAY, created=NOW - 2 * DAY, tags=()):
    return PastRun(f"run-{number}", f"state-{number}", status, created, begun, since, tags)


def judged(of, *runs):
    found = missed_sale(of, runs, NOW, INSTALLED)
    return found.action, found.why


# --- sales


def test_rec_1_a_won_sale_without_a_run_is_started_under_the_receivers_key():
    found = missed_sale(sale(), (), NOW, INSTALLED)
    assert (found.kind, found.id, found.name) == (Kind.SALE, SALE, "Acme 2026 of Acme")
    assert (found.action, found.why, found.key, found.run_id) == (
        Action.START,
        Why.NO_RUN,
        "onboarding:006000000000001AAA",
        "",
    )


def test_rec_1_a_sale_without_an_account_is_named_by_itself():
    assert missed_sale(sale(account=""), (), NOW, INSTALLED).name == "Acme 2026"


@pytest.mark.parametrize(
    ("won", "action"),
    [
        (NOW - SETTLING, Action.START),
        (NOW - SETTLING + SECOND, Action.LEAVE),
        (NOW + CLOCKS_APART, Action.LEAVE),
        (NOW + CLOCKS_APART + SECOND, Action.START),
    ],
)
def test_rec_1_a_message_has_ten_minutes_before_it_counts_as_missed(won, action):
    found = missed_sale(sale(won), (), NOW, INSTALLED)
    assert found.action is action
    assert bool(found.key) == (action is Action.START)


@pytest.mark.parametrize(
    ("status", "why"),
    [(Status.UNDER_WAY, Why.UNDER_WAY), (Status.WAITS, Why.WAITS), (Status.DONE, Why.DONE)],
)
def test_rec_1_a_sale_whose_run_is_under_way_waits_or_is_done_is_left(status, why):
    assert judged(sale(), run(status)) == (Action.LEAVE, why)


@pytest.mark.parametrize("begun", [None, NOW - 2 * DAY])
def test_rec_1_a_crashed_run_is_retried_whether_or_not_it_had_begun(begun):
    found = missed_sale(sale(), [run(Status.CRASHED, NOW - SETTLING, begun=begun)], NOW, INSTALLED)
    assert (found.action, found.why, found.run_id, found.state_id) == (Action.RETRY, Why.CRASHED, "run-1", "state-1")
    assert (found.key, found.mark) == ("", f"{RETRY_MARK}state-1")


def test_rec_1_a_crash_is_left_to_others_for_ten_minutes():
    assert judged(sale(), run(Status.CRASHED, NOW - SETTLING + SECOND)) == (Action.LEAVE, Why.TOLD)


@pytest.mark.parametrize(
    ("since", "expected"),
    [(NOW - FAILED_FOR, (Action.RETRY, Why.FAILED)), (NOW - FAILED_FOR + SECOND, (Action.LEAVE, Why.TOLD))],
)
def test_rec_1_a_failed_run_is_retried_when_nobody_did_for_a_day(since, expected):
    assert judged(sale(), run(Status.FAILED, since)) == expected


def test_rec_1_a_run_whose_process_died_before_it_began_is_retried():
    stuck = run(Status.STARTING, NOW - SETTLING, begun=None)
    assert judged(sale(), stuck) == (Action.RETRY, Why.CRASHED)
    assert judged(sale(), run(Status.STARTING, NOW - SETTLING + SECOND, begun=None)) == (Action.LEAVE, Why.UNDER_WAY)


@pytest.mark.parametrize("status", [Status.CRASHED, Status.FAILED])
@pytest.mark.parametrize(("retries", "action"), [(MOST_RETRIES - 1, Action.RETRY), (MOST_RETRIES, Action.LEAVE)])
def test_rec_1_a_run_is_retried_three_times_at_most(status, retries, action):
    tags = ["onboarding", *(f"{RETRY_MARK}{number}" for number in range(retries))]
    assert judged(sale(), run(status, NOW - 2 * DAY, tags=tags))[0] is action


@pytest.mark.parametrize(
    ("won", "expected"),
    [
        (NOW - DAY + SECOND, (Action.START_AFTER, Why.WON_AGAIN)),
        (NOW - DAY, (Action.LEAVE, Why.CANCELLED)),
        (NOW - 2 * DAY, (Action.LEAVE, Why.CANCELLED)),
        (NOW - MINUTE, (Action.LEAVE, Why.CANCELLED)),
        (NOW + DAY, (Action.LEAVE, Why.CANCELLED)),
    ],
)
def test_rec_1_a_cancelled_run_is_a_persons_decision_unless_the_sale_was_won_again_since(won, expected):
    assert judged(sale(won), run(Status.CANCELLED)) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (NOW - DAY + SECOND, (Action.START_AFTER, Why.CHANGED)),
        (NOW - DAY, (Action.LEAVE, Why.OUT_OF_SCOPE)),
        (NOW + DAY, (Action.LEAVE, Why.OUT_OF_SCOPE)),
    ],
)
def test_rec_1_onb_2_a_run_that_ended_out_of_scope_is_followed_when_the_sale_was_changed_since(changed, expected):
    assert judged(sale(changed=changed), run(Status.OUT_OF_SCOPE)) == expected


def test_rec_1_a_run_that_follows_has_the_receivers_key():
    found = missed_sale(sale(NOW - MINUTE * 11), [run(Status.CANCELLED, number=7)], NOW, INSTALLED)
    assert (found.key, found.run_id) == ("onboarding:006000000000001AAA:after:run-7", "")


@pytest.mark.parametrize("newest_first", [True, False])
def test_rec_1_of_several_runs_the_one_created_last_counts(newest_first):
    runs = [
        run(Status.DONE, number=2, created=NOW - DAY),
        run(Status.CRASHED, number=1, created=NOW - 2 * DAY),
        run(Status.CRASHED, number=3, created=NOW - 3 * DAY),
    ]
    assert judged(sale(), *(runs if newest_first else reversed(runs))) == (Action.LEAVE, Why.DONE)


@pytest.mark.parametrize(
    ("won", "expected"),
    [(INSTALLED - SECOND, (Action.LEAVE, Why.BEFORE)), (INSTALLED - SECOND / 2, (Action.START, Why.NO_RUN))],
)
def test_rec_1_a_sale_that_was_won_before_the_installation_was_onboarded_by_hand(won, expected):
    assert judged(sale(won)) == expected
    assert judged(sale(won), run(Status.CRASHED)) == (Action.RETRY, Why.CRASHED)


# --- contracts


@pytest.mark.parametrize(("changed", "why"), [(INSTALLED - SECOND, Why.BEFORE), (INSTALLED - SECOND / 2, Why.NOT_READ)])
def test_rec_1_a_contract_that_was_changed_before_the_installation_was_handled_by_hand(changed, why):
    assert missed_contract(contract(changed), (), NOW, INSTALLED).why is why


@pytest.mark.parametrize(
    ("past", "action"),
    [
        (run(Status.DONE, begun=NOW - DAY + WHOLE_SECONDS), Action.LEAVE),
        (run(Status.DONE, begun=NOW - DAY), Action.START),
        (run(Status.DONE, begun=NOW - 2 * DAY), Action.START),
        (run(Status.UNDER_WAY, begun=None), Action.LEAVE),
        (run(Status.UNDER_WAY, begun=NOW - 2 * DAY), Action.START),
        (run(Status.STARTING, NOW - MINUTE, begun=None), Action.LEAVE),
        (run(Status.STARTING, NOW - SETTLING, begun=None), Action.START),
        (run(Status.WAITS, begun=NOW - 2 * DAY), Action.LEAVE),
        (run(Status.FAILED, begun=NOW - MINUTE), Action.LEAVE),
        (run(Status.FAILED, begun=None), Action.START),
        (run(Status.CRASHED, begun=NOW - MINUTE), Action.START),
        (run(Status.OUT_OF_SCOPE, begun=NOW - MINUTE), Action.START),
        (run(Status.CANCELLED, since=NOW - DAY), Action.LEAVE),
        (run(Status.CANCELLED, since=NOW - DAY - SECOND), Action.START),
    ],
)
def test_rec_1_a_contract_was_missed_unless_a_run_has_read_its_last_change_or_will(past, action):
    found = missed_contract(contract(), [past], NOW, INSTALLED)
    assert found.action is action
    assert found.why is (Why.NOT_READ if action is Action.START else Why.READ)


def test_rec_1_one_run_that_has_read_the_change_is_enough():
    runs = [run(Status.CRASHED), run(Status.DONE, begun=NOW - MINUTE, number=2)]
    assert missed_contract(contract(), runs, NOW, INSTALLED).why is Why.READ


def test_rec_1_each_change_of_a_contract_has_a_key_of_its_own():
    found = missed_contract(contract(), (), NOW, INSTALLED)
    assert (found.kind, found.name, found.id) == (Kind.CONTRACT, "Contract 00000101 of Acme", CONTRACT)
    assert found.key == "publications:800000000000001AAA:missed:2026-03-09T12:00:00+00:00"
    assert missed_contract(contract(NOW - DAY + SECOND), (), NOW, INSTALLED).key != found.key


@pytest.mark.parametrize(
    ("changed", "why"), [(NOW - SETTLING, Why.NOT_READ), (NOW - MINUTE, Why.SETTLING), (NOW + DAY, Why.NOT_READ)]
)
def test_rec_1_a_message_about_a_contract_has_ten_minutes(changed, why):
    found = missed_contract(contract(changed), (), NOW, INSTALLED)
    assert found.why is why
    assert bool(found.key) == (why is Why.NOT_READ)


# --- a pass


def test_rec_1_of_a_kind_with_more_than_the_limit_nothing_is_started_and_the_others_are():
    starts = [missed_sale(sale(number=number), (), NOW, INSTALLED) for number in (1, 2, 3)]
    retry = missed_sale(sale(number=4), [run(Status.CRASHED)], NOW, INSTALLED)
    changed = missed_contract(contract(), (), NOW, INSTALLED)
    done = missed_sale(sale(number=5), [run(Status.DONE)], NOW, INSTALLED)
    found = missed([*starts, retry, changed, done], 2)
    assert (found.to_do, found.held, found.left) == ((retry, changed), tuple(starts), (done,))
    assert len({record.group for record in found.to_do + found.held}) == 3
    assert missed(starts, 3).held == ()
    assert missed([retry], 0).held == (retry,)


def test_rec_1_first_runs_and_runs_that_follow_are_of_one_kind():
    following = missed_sale(sale(NOW - MINUTE * 11), [run(Status.CANCELLED)], NOW, INSTALLED)
    assert missed([following, missed_sale(sale(number=2), (), NOW, INSTALLED)], 1).to_do == ()


def test_rec_1_a_key_that_a_run_has_already_is_not_started_again():
    record = missed_contract(contract(), (), NOW, INSTALLED)
    found = missed([record], 5, {record.key})
    assert (found.to_do, found.held) == ((), ())
    assert [(left.action, left.why, left.key) for left in found.left] == [(Action.LEAVE, Why.STARTED, "")]


# --- the runs of an opportunity


def test_onb_1_d_16_the_key_names_the_opportunity_and_the_run_that_it_follows():
    assert onboarding_run_key(SALE) == "onboarding:006000000000001AAA"
    assert onboarding_run_key(SALE, after="r") == "onboarding:006000000000001AAA:after:r"


@pytest.mark.parametrize(
    ("state", "tags", "expected"),
    [
        ("Out of scope", (), True),
        ("Completed", ("out-of-scope",), False),
        ("Closed", ("out-of-scope",), True),
        ("Completed", (), False),
    ],
)
def test_onb_2_a_tagged_run_that_completed_later_did_not_end_out_of_scope(state, tags, expected):
    assert ended_out_of_scope(state, tags) is expected


# --- shadow mode (ADR-17)

SHADOW, PILOT = GoingLive(Mode.SHADOW), GoingLive(Mode.SHADOW, frozenset({ACCOUNT}))


def test_rec_1_a_sale_whose_run_only_previewed_is_left_until_its_account_is_live_and_then_started():
    previewed = run(Status.PREVIEWED)
    left = missed_sale(sale(), (previewed,), NOW, INSTALLED, SHADOW)
    assert (left.action, left.why, left.key) == (Action.LEAVE, Why.PREVIEWED, "")
    for going in (PILOT, GoingLive()):
        found = missed_sale(sale(), (previewed,), NOW, INSTALLED, going)
        assert (found.action, found.why) == (Action.START_AFTER, Why.LIVE_NOW)
        assert found.key == onboarding_run_key(SALE, after="run-1")
    orphan = WonSale(SALE, "Acme 2026", "", "", NOW - DAY, NOW - DAY)
    assert missed_sale(orphan, (previewed,), NOW, INSTALLED, PILOT).action is Action.LEAVE


def test_rec_1_a_contract_whose_run_only_previewed_is_read_again_once_its_account_is_live():
    previewed = run(Status.PREVIEWED, begun=NOW)
    assert missed_contract(contract(), (previewed,), NOW, INSTALLED, SHADOW).why is Why.READ
    found = missed_contract(contract(), (previewed,), NOW, INSTALLED, PILOT)
    assert (found.action, found.why) == (Action.START_AFTER, Why.LIVE_NOW)
    assert found.key.endswith(":after:run-1")
    acted = run(Status.DONE, number=2, begun=NOW)
    assert missed_contract(contract(), (previewed, acted), NOW, INSTALLED, PILOT).why is Why.READ
    assert not missed_contract(contract(), (), NOW, INSTALLED, PILOT).key.endswith("run-1")
