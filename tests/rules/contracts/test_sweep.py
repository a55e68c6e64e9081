"""What a sweep starts, wakes, tries again and leaves alone, and when it asks first (PUB-4, PUB-5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import Responsible
from rules.contracts.sweep import (
    PreviousRun,
    RunStatus,
    SweepAction,
    accounts_with_pending_end,
    by_account,
    stage_key,
    sweep_item,
    term_key,
)
from rules.contracts.sweep_guard import Guard, exceeds_guard
from tests.rules.builders.clients import ACCOUNT_ID, TODAY, client, clients, contract, on, renewal, stand

NIGHT = datetime(2027, 3, 14, 4, 30, tzinfo=UTC)
CONTRACT = contract(0, 0).id
ENDING = client(contract(-300, 20))
SOON = client(contract(-300, 10))
RUNNING = client(contract(-300, 60))
FAULTY = client(contract(-300, None))
DOUBTFUL = replace(ENDING, renewals=(renewal(),))
END = f"{CONTRACT}:{on(20)}"
GUARD = Guard(most=100, share=Decimal(5), few=20)


def run(standing=RunStatus.DONE, marked="", of=END, *, number=1, account=ACCOUNT_ID):
    """A run of the account; the later it is in number, the later it was created."""
    return PreviousRun(f"run-{number}", account, NIGHT + timedelta(minutes=number), standing, marked, of)


def swept(whose, *earlier):
    return sweep_item(whose, stand(whose), earlier, TODAY)


# --- which action


@pytest.mark.parametrize(
    ("whose", "action"),
    [
        (ENDING, "to be started"),
        (SOON, "to be started"),
        (client(contract(-300, -5)), "to be started"),
        (DOUBTFUL, "to be started"),
        (FAULTY, "to be started"),
        (replace(RUNNING, cs_status="Deactivated"), "to be started"),
        (RUNNING, "to be started"),
        (client(), ""),
        (client(contract(5, 300)), ""),
        (client(contract(5, 300), cs_status="Deactivated"), ""),
    ],
)
def test_pub_4_whoever_was_never_looked_after_is_if_the_contracts_tell_anything(whose, action):
    assert swept(whose).action == action


@pytest.mark.parametrize(
    ("standing", "action", "said"),
    [
        ("under way", "", "under way"),
        ("waits", "to be woken", "waits"),
        ("broke off", "to be tried again", "broke off"),
    ],
)
@pytest.mark.parametrize("marked", ["", "runs", f"{END}:ends", f"{END}:ended"])
def test_pub_4_a_run_that_is_not_done_goes_on_itself_wherever_the_service_stands(standing, action, said, marked):
    for whose in (ENDING, RUNNING, FAULTY, DOUBTFUL):
        found = swept(whose, run(RunStatus(standing), marked))
        assert (found.action, found.run_status, found.run_id) == (action, said, "run-1")


@pytest.mark.parametrize(
    ("whose", "marked"),
    [
        (ENDING, f"{END}:ends"),
        (SOON, f"{CONTRACT}:{on(10)}:ends soon"),
        (client(contract(-300, 0)), f"{CONTRACT}:{TODAY}:last day"),
        (client(contract(-300, -1)), f"{CONTRACT}:{on(-1)}:ended"),
        (DOUBTFUL, f"{END}:ends, not settled"),
        (RUNNING, "runs"),
        (FAULTY, "faulty"),
    ],
)
def test_pub_4_where_the_service_stands_as_the_latest_run_left_it_nothing_is_started(whose, marked):
    assert stage_key(stand(whose)) == marked
    found = swept(whose, run(marked=marked))
    assert (found.action, found.run_status, found.run_id) == ("", "done", "run-1")


@pytest.mark.parametrize(
    ("whose", "marked"),
    [
        (SOON, f"{CONTRACT}:{on(10)}:ends"),
        (ENDING, f"{CONTRACT}:{on(21)}:ends"),
        (ENDING, f"{END}:ends, not settled"),
        (DOUBTFUL, f"{END}:ends"),
        (ENDING, "runs"),
        (RUNNING, f"{END}:ends"),
        (RUNNING, f"{END}:ended"),
        (FAULTY, f"{END}:ends"),
        (ENDING, "faulty"),
        (ENDING, ""),
    ],
)
def test_pub_5_where_it_stands_otherwise_a_run_is_started(whose, marked):
    found = swept(whose, run(marked=marked))
    assert (found.action, found.run_id) == ("to be started", "")


def test_pub_4_the_latest_run_counts_in_whatever_order_they_come():
    runs = [run(marked=f"{END}:ends", number=2), run(RunStatus.BROKE_OFF), run(marked="runs", number=1)]
    for order in (runs, runs[::-1]):
        assert swept(ENDING, *order).action is SweepAction.LEAVE


@pytest.mark.parametrize(("standing", "action"), [("waits", "to be woken"), ("called off", ""), ("done", "")])
def test_pub_4_a_run_that_found_another_one_at_work_does_not_count_but_its_key_is_taken(standing, action):
    acts = run(RunStatus(standing), f"{END}:ends" if standing == "done" else "")
    assert swept(ENDING, acts, run(RunStatus.BESIDE, number=2)).action == action
    alone = swept(ENDING, run(RunStatus.BESIDE))
    assert (alone.action, alone.key) == ("to be started", f"deactivation:{END}:run-1")
    assert accounts_with_pending_end([run(marked=f"{END}:ends"), run(RunStatus.BESIDE, number=2)], []) == [ACCOUNT_ID]


def test_pub_7_an_end_that_people_called_off_is_left_alone_until_it_is_another_one():
    called_off = run(RunStatus.CALLED_OFF)
    found = swept(ENDING, called_off)
    assert (found.action, found.is_new) == ("", False)
    assert "called off by people" in found.run_status
    assert swept(SOON, called_off).action is SweepAction.START
    assert swept(RUNNING, called_off).action is SweepAction.START
    assert swept(client(contract(-300, 20, 102)), called_off).action is SweepAction.START


# --- keys


@pytest.mark.parametrize(
    ("whose", "earlier", "key"),
    [
        (ENDING, (), f"deactivation:{END}:{TODAY}"),
        (DOUBTFUL, (), f"deactivation:{END}:{TODAY}"),
        (ENDING, (run(marked="runs", of=""),), f"deactivation:{END}:{TODAY}"),
        (ENDING, (run(marked=f"{CONTRACT}:{on(10)}:ends", of=f"{CONTRACT}:{on(10)}"),), f"deactivation:{END}:{TODAY}"),
        (ENDING, (run(marked="runs"),), f"deactivation:{END}:run-1"),
        (ENDING, (run(), run(marked="runs", of="", number=2)), f"deactivation:{END}:run-2"),
        (RUNNING, (run(marked=f"{END}:ends"),), f"deactivation:{CONTRACT}:{on(60)}:{TODAY}"),
        (FAULTY, (), f"deactivation:{ACCOUNT_ID}:{TODAY}"),
    ],
)
def test_decision_16_a_key_names_the_end_and_the_run_that_it_follows_so_that_the_same_end_later_is_a_new_request(
    whose, earlier, key
):
    assert swept(whose, *earlier).key == key


def test_decision_16_an_end_that_moves_to_and_fro_on_one_day_is_looked_at_every_time():
    """To the 10th, to the 20th, to the 10th again: each is a run of its own."""
    runs, keys = [], []
    for whose in (SOON, ENDING, SOON, ENDING):
        found = swept(whose, *runs)
        keys.append(found.key)
        runs.append(run(marked=stage_key(stand(whose)), of=term_key(stand(whose)), number=len(runs) + 1))
        assert found.action is SweepAction.START
    assert len({*keys}) == 4


@given(clients(), st.sampled_from(RunStatus), st.sampled_from(["", "runs", f"{END}:ends"]))
def test_pub_4_a_sweep_that_is_repeated_on_the_same_night_starts_nothing_more(whose, standing, marked):
    """What was started bears its key, so the same end is not started under another one."""
    first = swept(whose, run(standing, marked))
    of = ":".join(first.key.removeprefix("deactivation:").split(":")[:2])
    for meanwhile in (RunStatus.UNDER_WAY, RunStatus.DONE):
        started = run(
            meanwhile, stage_key(stand(whose), whose.cs_status) if meanwhile is RunStatus.DONE else "", of, number=2
        )
        if first.action is SweepAction.START:
            assert swept(whose, run(standing, marked), started).action is SweepAction.LEAVE


# --- lines


def test_pub_4_a_line_tells_contract_last_day_stage_and_what_does_not_fit():
    found = swept(DOUBTFUL)
    assert (found.client_id, found.name, found.mrr) == (ACCOUNT_ID, "Harbor Clinic", Decimal(480))
    assert (found.contract, found.last_day, found.stage) == ("00000101", on(20), "ends, not settled")
    assert "Stage is Negotiation/Review" in found.why
    assert swept(ENDING).why == ""


def test_pub_4_a_line_of_a_client_whose_dates_are_at_fault_knows_no_last_day():
    found = swept(FAULTY)
    assert (found.contract, found.last_day, found.stage) == ("", None, "dates at fault")
    assert "End Date is empty" in found.why


@pytest.mark.parametrize(
    ("whose", "earlier", "newly"),
    [
        (ENDING, (), True),
        (client(contract(-300, -5)), (), True),
        (ENDING, (run(of=""),), True),
        (ENDING, (run(of=f"{CONTRACT}:{on(10)}"),), True),
        (ENDING, (run(),), False),
        (DOUBTFUL, (), False),
        (FAULTY, (), False),
        (RUNNING, (), False),
    ],
)
def test_pub_4_the_guard_counts_what_nobody_has_begun_to_end(whose, earlier, newly):
    assert swept(whose, *earlier).is_new is newly


# --- accounts whose end was set


def test_pub_5_whoever_has_an_end_and_is_not_among_those_who_are_due_is_looked_at():
    runs = [
        run(marked=f"{END}:ends", account="001a"),
        run(marked=f"{END}:ends soon, not settled", account="001b"),
        run(marked=f"{END}:ended", account="001c"),
        run(marked="runs", account="001d"),
        run(marked="faulty", account="001e"),
        run(marked=f"{END}:ends", account="001f"),
        run(marked=f"{END}:ends", account="001g"),
        run(marked="runs", account="001g", number=2),
    ]
    assert accounts_with_pending_end(runs, ["001f", "001x"]) == ["001a", "001b", "001c"]


@pytest.mark.parametrize("standing", [RunStatus.WAITS, RunStatus.BROKE_OFF])
def test_pub_5_a_run_that_waits_or_broke_off_looks_again_though_its_contract_is_not_due_any_more(standing):
    """It may have set an end before it broke off; then the contract was extended."""
    runs = [
        run(marked=f"{END}:ends", account="001a"),
        run(standing, account="001a", number=2),
        run(standing, account="001b"),
    ]
    assert accounts_with_pending_end(runs, []) == ["001a", "001b"]
    assert accounts_with_pending_end(runs, ["001b"]) == ["001a"]


def test_pub_4_runs_are_told_apart_by_account():
    mine, other = run(), run(account="001b")
    assert by_account([mine, other, mine]) == {ACCOUNT_ID: [mine, mine], "001b": [other]}
    assert term_key(stand(ENDING)) == END
    assert (term_key(stand(client())), term_key(stand(FAULTY))) == ("", "")


# --- the guard


def sweep_of(number, **fields):
    return [replace(swept(ENDING), client_id=f"001{count}", **fields) for count in range(number)]


@pytest.mark.parametrize(
    ("ending", "clients_in_all", "asks"),
    [
        (100, 2_000, False),
        (101, 2_020, True),
        (101, 1_000_000, True),
        (100, 1_999, True),
        (21, 420, False),
        (21, 419, True),
        (20, 21, False),
        (20, 20, False),
        (21, 21, True),
        (0, 0, False),
    ],
)
def test_pub_4_more_than_100_or_more_than_5_percent_if_more_than_20_are_asked_about_first(ending, clients_in_all, asks):
    assert (exceeds_guard(sweep_of(ending), clients_in_all, GUARD, "") is not None) is asks


def test_pub_4_the_guard_counts_only_what_this_sweep_would_be_the_first_to_end():
    others = [
        *sweep_of(60, is_new=False),
        *sweep_of(60, action=SweepAction.LEAVE),
        *sweep_of(60, action=SweepAction.WAKE),
    ]
    assert exceeds_guard([*others, *sweep_of(100)], 10_000, GUARD, "") is None
    assert exceeds_guard([*others, *sweep_of(101)], 10_000, GUARD, "") is not None


def test_pub_4_cs_operations_are_told_how_many_end_and_on_which_day_most_of_them():
    lines = [*sweep_of(70), *sweep_of(40, last_day=on(3))]
    question = exceeds_guard(lines, 8_000, GUARD, "")
    assert (question.who, question.rule) == (Responsible.CS_OPS, "PUB-4")
    assert question.found == "110 would end, 70 of them on 2027-04-04; of 8000 clients"
    assert "More than 100 clients, or 5 %" in question.expected
    assert [(one.value, one.label) for one in question.choices] == [("110", "Let up to 110 end")]


def test_pub_5_the_guard_counts_returns_as_well_as_ends():
    off = replace(RUNNING, cs_status="Deactivated")
    (back,) = [replace(swept(off), client_id="001b")]
    assert (back.is_new, back.returns, back.action) == (True, True, SweepAction.START)
    assert exceeds_guard([back] * 100, 10_000, GUARD, "") is None
    question = exceeds_guard([*[back] * 61, *sweep_of(40)], 10_000, GUARD, "")
    assert question.found == (
        "40 would end, 40 of them on 2027-04-04; 61 are deactivated and would come back, or be asked about, "
        "as a contract is in force; of 10000 clients"
    )
    assert [(one.value, one.label) for one in question.choices] == [("101", "Let up to 101 end or come back")]
    assert exceeds_guard([*[back] * 61, *sweep_of(40)], 10_000, GUARD, "101") is None
    assert exceeds_guard([back] * 101, 10_000, GUARD, "").choices[0].label == "Let up to 101 come back"


@pytest.mark.parametrize("day", [60, 20, 5, 0])
def test_pub_5_a_deactivated_client_whose_contract_is_in_force_is_looked_at_once_until_the_contract_changes(day):
    off = client(contract(-300, day), cs_status="Deactivated")
    asked = run(marked=f"{CONTRACT}:{on(day)}:deactivated", of=f"{CONTRACT}:{on(day)}")
    assert stage_key(stand(off), "Deactivated") == asked.stage_key
    assert swept(off, asked).action is SweepAction.LEAVE
    assert swept(replace(off, agreements=(contract(-300, day + 5),)), asked).action is SweepAction.START
    assert swept(replace(off, cs_status="Active"), asked).action is SweepAction.START


@pytest.mark.parametrize(("approved", "asks"), [("109", True), ("110", False), ("200", False)])
def test_pub_4_what_cs_operations_let_end_counts_up_to_the_number_they_saw(approved, asks):
    assert (exceeds_guard(sweep_of(110), 8_000, GUARD, approved) is not None) is asks


def test_pub_4_a_guard_of_none_asks_about_every_end():
    strict = Guard(most=0, share=Decimal(0), few=0)
    assert exceeds_guard(sweep_of(1), 1_000, strict, "") is not None
    assert exceeds_guard([], 1_000, strict, "") is None


def test_pub_4_a_run_that_only_previewed_does_not_count_as_the_first_to_end_a_service_but_its_key_is_taken():
    """The guard would let everything end at once on the day on which all accounts go live (ADR-17)."""
    fresh, seen = swept(ENDING), swept(ENDING, run(RunStatus.PREVIEWED))
    assert (seen.action, seen.is_new) == (SweepAction.START, True)
    assert seen.key == f"deactivation:{END}:run-1"
    assert seen.key != fresh.key
    assert not swept(ENDING, run(RunStatus.PREVIEWED), run(marked=stage_key(stand(ENDING)), number=2)).is_new
