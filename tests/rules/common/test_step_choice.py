"""Which step a person means, and whether it can be redone or skipped (CARD-5)."""

import pytest

from rules.common.step_choice import LISTED, RefusedStep, StepOfRun, run_id_in, step_to_redo, step_to_skip

RUN = "0685d5c2-4a3e-7c11-8000-9d1f1b1c2a3b"


def step(title, *, attempt=1, done=True, writes=True, skippable=False):
    return StepOfRun(title, attempt, done, writes, skippable)


READ = step("Read sale 006", writes=False)
SIGN_UP = step("Sign up Birchwood in the LMS")
MODULES = step("Set the modules of LMS company 48258", done=False, skippable=True)
STEPS = [READ, SIGN_UP, MODULES]


@pytest.mark.parametrize(
    "text", [RUN, f" {RUN.upper()} ", f"http://127.0.0.1:4200/v2/runs/flow-run/{RUN}?tab=Logs&task={'0' * 8}"]
)
def test_a_run_is_named_by_its_id_or_by_its_address(text):
    assert run_id_in(text) == RUN


@pytest.mark.parametrize("text", ["", "Onboard Birchwood", RUN[:-1]])
def test_a_text_without_an_id_names_no_run(text):
    assert run_id_in(text) == ""


def test_case_and_white_space_of_a_title_do_not_count():
    assert step_to_redo(STEPS, "  sign up birchwood  in the LMS") == (SIGN_UP.title, 1)
    assert step_to_skip(STEPS, MODULES.title) == (MODULES.title, 1)


def test_a_step_is_looked_at_as_it_was_in_its_latest_try():
    later = [*STEPS, step(MODULES.title, attempt=2)]
    with pytest.raises(RefusedStep, match="did not fail"):
        step_to_skip(later, MODULES.title)
    assert step_to_redo(later, MODULES.title) == (MODULES.title, 1)


def test_of_several_steps_with_one_title_those_that_failed_are_skipped():
    tasks = [step("Create the task", done=done, skippable=True) for done in (True, False, False)]
    assert step_to_skip(tasks, "Create the task") == ("Create the task", 2)
    assert step_to_redo(tasks, "Create the task") == ("Create the task", 3)


def refusal(decide, steps, title):
    with pytest.raises(RefusedStep) as refused:
        decide(steps, title)
    return str(refused.value)


def test_a_step_that_only_reads_is_neither_redone_nor_skipped():
    assert "Press Retry" in refusal(step_to_redo, STEPS, READ.title)
    assert "later steps need what it reads" in refusal(
        step_to_skip, [step("Read sale", done=False, writes=False)], "Read sale"
    )


def test_a_step_that_later_ones_need_is_not_skipped_and_the_refusal_says_what_to_do():
    message = refusal(step_to_skip, [step("Sign up Birchwood", done=False)], "Sign up Birchwood")
    assert message.startswith('"Sign up Birchwood" cannot be skipped: later steps need what it does.')
    assert "do it by hand and press Retry" in message


def test_an_unknown_title_lists_the_steps_that_write_and_the_similar_ones():
    message = refusal(step_to_redo, STEPS, "Sign up Birchwod in the LMS")
    assert message == (
        'The run has no step "Sign up Birchwod in the LMS". Similar: "Sign up Birchwood in the LMS". '
        'Its steps that write: "Sign up Birchwood in the LMS", "Set the modules of LMS company 48258".'
    )


def test_a_long_list_of_steps_is_cut_and_a_run_without_any_is_said_so():
    message = refusal(step_to_redo, [step(f"Step {number}") for number in range(LISTED + 2)], "zzzzzz")
    assert message.endswith(", and 2 more.")
    assert "no step that changes anything" in refusal(step_to_redo, [READ], "Sign up")
