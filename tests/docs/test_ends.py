"""docs/sop.md says for every end of every flow who hears of it (REC-3)."""

import yaml

from sandbox.scenarios.ending import ENDINGS
from sandbox.scenarios.sales import SALES
from tests.docs.ends_table import PROJECT, ends, states_in_code

TABLE = ends((PROJECT / "docs/sop.md").read_text(encoding="utf-8"))
FLOWS = {
    entry["entrypoint"].split(".")[1].removeprefix("account_").replace("_", "-")
    for entry in yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
}


def test_rec_3_every_end_of_every_flow_has_its_row_and_no_row_names_another():
    assert {end.state for end in TABLE} == states_in_code()


def test_rec_3_every_flow_has_a_row_for_its_good_end():
    completed = {
        flow.removeprefix("account-") for end in TABLE if end.state == "Completed" for flow in end.flow.split(", ")
    }
    assert {
        flow for flow in FLOWS if flow not in ("transition-move", "transition-outreach", "transition-undo")
    } <= completed


def test_rec_3_every_row_says_who_hears_of_it_and_what_shows_it():
    assert [end.state for end in TABLE if not end.who.strip() or not end.shown.strip()] == []


def test_rec_3_what_a_row_calls_by_its_name_in_the_demo_world_is_there():
    shown = {sale.shows for sale in SALES} | {ending.shows for ending in ENDINGS}
    assert {end.shown for end in TABLE if end.shown in shown} == {
        "missing phone",
        "unknown product in the contract",
        "all in order",
        "Credentialing Service alone is out of scope",
        "ends soon: CSM and sales are told",
        "an open renewal: sales are asked",
        "yesterday was its last day",
    }


def test_rec_3_a_failed_run_is_reported_wherever_it_is_not_told_otherwise():
    failed = {"Needs sales", "Needs CS Operations", "Needs the team lead", "Bad input", "Unavailable", "Refused"}
    failed |= {"Failed", "Crashed", "Out of sync", "Partially completed"}
    assert [end.state for end in TABLE if end.state in failed and "`failures/report`" not in end.who] == []
