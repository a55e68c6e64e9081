"""How far the project acts: which runs preview, which go on, and what a stopped one says (ADR-17)."""

import pytest

from rules.common.going_live import PREVIEWED, GoingLive, Mode, meaning, was_shadow, why_stopped

ACME, BETA = "001000000000001AAA", "001000000000002AAA"
PILOT = GoingLive(Mode.SHADOW, frozenset({ACME}))


@pytest.mark.parametrize(
    ("going", "accounts", "previews"),
    [
        (GoingLive(), (), False),
        (GoingLive(), (ACME,), False),
        (GoingLive(Mode.SHADOW), (), True),
        (GoingLive(Mode.SHADOW), (ACME,), True),
        (PILOT, (), True),
        (PILOT, (ACME,), False),
        (PILOT, (BETA,), True),
        (PILOT, (ACME, BETA), True),
        (GoingLive(Mode.STOPPED), (ACME,), False),
    ],
)
def test_in_shadow_mode_a_run_previews_unless_all_its_accounts_are_live(going, accounts, previews):
    assert going.previews(*accounts) is previews


@pytest.mark.parametrize(
    ("going", "posts"),
    [
        (GoingLive(), True),
        (GoingLive(Mode.SHADOW), False),
        (PILOT, True),
        (GoingLive(Mode.STOPPED, frozenset({ACME})), False),
    ],
)
def test_there_is_news_of_live_runs_only_where_an_account_is_live(going, posts):
    assert going.posts is posts


def test_a_run_that_a_person_started_as_a_preview_is_no_run_of_shadow_mode():
    assert was_shadow(PREVIEWED, preview=False)
    assert not was_shadow(PREVIEWED, preview=True)
    assert not was_shadow("Completed", preview=False)


def test_a_stopped_run_says_where_why_and_how_it_goes_on():
    told = why_stopped(GoingLive(Mode.STOPPED, reason="wrong prices."), "Sign up Acme")
    assert told.startswith("Stopped before “Sign up Acme”. Everything is stopped. Reason: wrong prices. The artifact")
    assert told.endswith("or run `lifecycle retry --class stopped`: what is done stays done.")
    assert why_stopped(GoingLive(Mode.STOPPED)).startswith("Nothing was done. Everything is stopped. The artifact")
    assert "Shadow mode began after this run" in why_stopped(GoingLive(Mode.SHADOW), "Sign up Acme")


@pytest.mark.parametrize(
    ("going", "words"),
    [
        (GoingLive(), "Live: every run does its work."),
        (GoingLive(Mode.SHADOW), "Shadow mode: every run only previews."),
        (GoingLive(Mode.SHADOW, reason="first week."), "Shadow mode: every run only previews. Reason: first week."),
        (PILOT, "Shadow mode: every run only previews, except for 1 live account."),
        (
            GoingLive(Mode.STOPPED, reason="wrong prices"),
            "Stopped: no run does anything. Reason: wrong prices. To go on, run lifecycle start.",
        ),
    ],
)
def test_the_meaning_of_a_mode_names_its_exceptions_and_its_reason(going, words):
    assert meaning(going) == words
