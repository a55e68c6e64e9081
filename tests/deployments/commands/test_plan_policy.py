"""`lifecycle plan policy`: a change is checked with clear messages, and shown with what it would have altered."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from blocks.policy.block import Policy
from deployments.commands.plan_policy import WrongPolicy, changed_policy, preview_policy, read_changes


def test_settings_may_stand_in_their_section_or_outside_and_the_others_stay():
    present = Policy(sales_channel="#won", weight_of_mrr="0.4", field_map={"account": {"mrr": "Monthly__c"}})
    changed = changed_policy(
        present,
        {"weight_of_mrr": 0.3, "time": {"time_zone": "Europe/London"}, "field_map": {"account": {"health": "H__c"}}},
    )
    assert (changed.weight_of_mrr, changed.time_zone, changed.sales_channel) == (
        Decimal("0.3"),
        "Europe/London",
        "#won",
    )
    assert (changed.field_map.account.mrr, changed.field_map.account.health) == ("Monthly__c", "H__c")
    assert changed_policy(present, {"few_ends": 3}).guard_min_count == 3


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"wieght_of_mrr": 1}, "No such setting: wieght_of_mrr. "),
        ({"books": {"wieght": 1}, "x": 2}, "No such setting: books.wieght, x. "),
        ({"weight_of_mrr": 2}, "Books of business → Weight of MRR: Input should be less than or equal to 1"),
        ({"books": 7}, "Books of business: Input should be"),
        ({"remind_after_hours": 9}, "Working time and reminders: Escalate after: must be more hours"),
    ],
)
def test_what_is_wrong_is_told_by_its_title(changes, told):
    with pytest.raises(WrongPolicy) as wrong:
        changed_policy(Policy(), changes)
    assert str(wrong.value).startswith(told)


@pytest.mark.parametrize("text", [None, "", "just words", "- a\n- b", "a: [", "\x00"])
def test_a_file_without_settings_is_told_in_a_line(tmp_path, text):
    file = tmp_path / "new.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(WrongPolicy) as wrong:
        read_changes(file)
    assert str(file) in str(wrong.value)
    assert "\n" not in str(wrong.value)


@pytest.mark.flows
async def test_the_sales_that_would_be_assigned_otherwise_are_listed(people, override, tmp_path, capsys):
    await override("lifecycle-policy")
    day = (datetime.now(UTC) - timedelta(days=9)).date()
    (ada,) = people.query("SELECT Id FROM User WHERE FirstName = 'Ada' AND CS_Role__c = 'CSM'")
    sale = people.make_sale(
        account={"MRR__c": 500, "CSM_Assigned_On__c": f"{day}T14:00:00.000+0000"},
        opportunity={"CloseDate": str(day), "Customer_Success_Manager_NEW__c": ada["Id"]},
    )
    team = people.query("SELECT Email FROM User WHERE CS_Role__c = 'CSM' AND IsActive = true")
    file = tmp_path / "new.yaml"
    rows = "".join(f"\n- {{email: {csm['Email']}, most_accounts: 0}}" for csm in team)
    file.write_text(f"csms:{rows}\n")
    assert await preview_policy(file, 30) == 0
    text = capsys.readouterr().out
    assert "Books of business → CSMs with their own capacity → 1 → Email: not set → " in text
    assert "would have been assigned otherwise." in text
    assert "nobody" in text
    assert sale.company.split()[0] in text

    file.write_text("weight_of_mrr: 0.5\n")
    assert await preview_policy(file, 30) == 0
    assert capsys.readouterr().out == "0 settings would change.\n"
    file.write_text("weight_of_mrr: 5\n")
    assert await preview_policy(file, 30) == 1
    assert capsys.readouterr().out.count("\n") == 1
