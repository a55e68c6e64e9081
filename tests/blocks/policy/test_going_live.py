"""The policy's section about going live: what may be entered, and what the rules make of it (ADR-17)."""

import re

import pytest
from pydantic import ValidationError

from blocks.policy.block import Policy
from deployments.commands.plan_policy import WrongPolicy, changed_policy
from rules.common.going_live import GoingLive, Mode
from tasks.core.policy import going_live_of

ACME = "001000000000001AAA"
PAGE = f"https://acme.lightning.force.com/lightning/r/Account/{ACME}/view"


def test_a_policy_without_the_section_is_live():
    stored = Policy().model_dump(mode="json")
    del stored["going_live"]
    assert going_live_of(Policy.model_validate(stored)) == GoingLive()


@pytest.mark.parametrize("entered", [ACME, ACME[:15], f" {ACME} ", PAGE])
def test_accounts_are_entered_by_id_or_address(entered):
    policy = Policy(mode="shadow", live_accounts=[entered])
    assert going_live_of(policy) == GoingLive(Mode.SHADOW, frozenset({ACME}))


@pytest.mark.parametrize(
    ("entered", "why"),
    [
        ("", "No account is named: enter its id, or the address of its page"),
        ("Acme", "Acme is not an account id; it begins with 001 and has 15 or 18 characters"),
        ("006000000000001AAA", "006000000000001AAA is not an account id; it begins with 001"),
        ("https://acme.my.salesforce.com/", "names no account: copy the address of its own page"),
        (f"{ACME},{ACME[:14]}2", "is not an account id"),
        (f"x {ACME}", "is not an account id"),
        (ACME[:-1] + "B", "its last three characters do not fit the others"),
    ],
)
def test_anything_else_is_refused_with_the_reason(entered, why):
    with pytest.raises(ValidationError, match=re.escape(why)):
        Policy(live_accounts=[entered])


def test_a_planned_policy_names_the_setting_by_its_title():
    with pytest.raises(WrongPolicy, match="Going live → Mode: Input should be 'live', 'shadow' or 'stopped'"):
        changed_policy(Policy(), {"mode": "off"})
    assert changed_policy(Policy(), {"going_live": {"mode": "shadow"}}).mode == "shadow"
