"""What people enter beside ids: a day, and the run of a workbook."""

from datetime import date

import pytest

from flows.account_transition_undo import run_id_in
from flows.parameters import day_in
from tasks.core.errors import BadInput

RUN = "0d9f3c1e-5b7a-4c2d-9e8f-1a2b3c4d5e6f"


@pytest.mark.parametrize(
    "entered",
    [
        RUN,
        RUN.upper(),
        f" {RUN} ",
        f"http://127.0.0.1:4200/runs/flow-run/{RUN}",
        f"https://p.example/v2/runs/flow-run/{RUN}?tab=Logs",
    ],
)
def test_a_run_is_named_by_its_id_or_its_address(entered):
    assert run_id_in(entered) == RUN


@pytest.mark.parametrize("entered", ["hello", RUN[:-1], f"{RUN}0", f"{RUN} {RUN[:-1]}0"])
def test_what_names_no_run_or_several_is_told_what_to_enter(entered):
    with pytest.raises(BadInput, match="is not the address of a run: copy it from the page"):
        run_id_in(entered)


def test_a_day_is_entered_in_one_way_and_may_be_left_out():
    assert (run_id_in(" "), day_in(""), day_in(" 2027-03-31 ")) == (None, None, date(2027, 3, 31))
    with pytest.raises(BadInput, match="'31/03/2027' is not a day: enter it like 2027-03-31"):
        day_in("31/03/2027")
