"""The policy's business hours and waiting times: what may be set, how it is kept, what the rules make of it."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import ValidationError

from blocks.common.errors import CredentialsRejected
from blocks.common.load_block import stored
from blocks.policy.block import Policy
from blocks.policy.people import PeoplePolicy
from rules.common.business_time import BusinessHours
from rules.questions.reminders import ReminderPolicy
from tasks.core.policy import patience_of


def test_by_default_people_answer_on_weekdays_from_nine_to_five_and_are_reminded_after_half_a_day():
    policy = Policy()
    assert (policy.business_opens, policy.business_closes) == (time(9), time(17))
    assert policy.working_days == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    assert (policy.remind_after_hours, policy.escalate_after_hours) == (4, 8)
    assert (policy.holidays, policy.cs_operations, policy.escalation_contact) == ([], [], "")


def test_an_escalation_contact_is_plain_text_in_the_form_and_may_be_left_out():
    field = PeoplePolicy.model_json_schema()["properties"]["escalation_contact"]
    assert (field["type"], field["default"]) == ("string", "")
    assert [Policy(escalation_contact=left_out).escalation_contact for left_out in ("", None)] == ["", ""]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        *(
            ({"business_opens": wrong}, f"{wrong!r} is not a time of the day: write it like 09:00 or 17:30")
            for wrong in ("nine", "", "9", "9 AM", "24:00", "09:60", "09:00:30", "09:00Z", "-9:00")
        ),
        ({"business_opens": "17:00"}, "Business day begins: must be before the business day ends"),
        ({"business_closes": "08:30"}, "Business day begins: must be before the business day ends"),
        ({"working_days": []}, "at least 1 item"),
        ({"working_days": ["Monday", "Monday"]}, "Each day of the week may be named once only"),
        ({"working_days": ["Mon"]}, "'Monday', 'Tuesday'"),
        ({"holidays": ["Christmas"]}, "valid date"),
        ({"remind_after_hours": 0}, "greater than 0"),
        ({"remind_after_hours": "nan"}, "less than or equal to 1000"),
        ({"remind_after_hours": 1000.5}, "less than or equal to 1000"),
        ({"escalate_after_hours": 2000.5}, "less than or equal to 2000"),
        ({"escalate_after_hours": 4}, "Escalate after: must be more hours than those of the reminder"),
        ({"remind_after_hours": 8}, "Escalate after: must be more hours than those of the reminder"),
        ({"cs_operations": ["Pat"]}, "'Pat' is not an e-mail address"),
        ({"escalation_contact": "the lead"}, "'the lead' is not an e-mail address"),
    ],
)
def test_hours_that_cannot_be_are_told_in_words_for_their_editor(changes, words):
    with pytest.raises(ValidationError, match=words):
        Policy(**changes)


@pytest.mark.parametrize("typed", ["8:30", "08:30", " 08:30 ", "08:30:00", time(8, 30)])
def test_a_time_of_the_day_is_taken_as_people_write_it(typed):
    """The dashboard shows it with seconds."""
    assert Policy(business_opens=typed).business_opens == time(8, 30)


def test_waiting_times_are_business_hours_by_the_org_s_clock():
    policy = Policy(
        time_zone="Europe/London",
        business_opens="08:30",
        business_closes="18:00",
        working_days=["Sunday", "Monday", "Saturday"],
        holidays=["2026-12-25"],
        remind_after_hours=1.5,
        escalate_after_hours=9,
    )
    hours = BusinessHours(
        frozenset({6, 0, 5}), frozenset({date(2026, 12, 25)}), ZoneInfo("Europe/London"), time(8, 30), time(18)
    )
    assert patience_of(policy) == ReminderPolicy(hours, timedelta(hours=1, minutes=30), timedelta(hours=9))


# --- as Prefect keeps it


@pytest.fixture(scope="module")
async def keep(prefect_api):
    """Saves a policy of no more than these values, as the dashboard saves it, which knows nothing of our rules."""
    document = await Policy().save("kept", overwrite=True)

    async def save(**data):
        async with httpx.AsyncClient(base_url=prefect_api, trust_env=False, timeout=60) as api:
            change = {"data": data, "merge_existing_data": False}
            (await api.patch(f"/block_documents/{document}", json=change)).raise_for_status()

    return save


@pytest.mark.flows
async def test_a_policy_saved_before_there_were_business_hours_has_the_defaults(keep):
    await keep(time_zone="Europe/London", users_per_location=30)
    policy = await stored(Policy, "kept")
    assert (policy.time_zone, policy.users_per_location) == ("Europe/London", 30)
    assert patience_of(policy) == patience_of(Policy(time_zone="Europe/London"))


@pytest.mark.flows
@pytest.mark.usefixtures("prefect_api")
async def test_business_hours_come_back_as_they_were_stored():
    set_by_cs_operations = {
        "business_opens": time(7, 45),
        "business_closes": time(23, 59),
        "working_days": ["Saturday", "Tuesday"],
        "holidays": [date(2026, 12, 25), date(2027, 1, 1)],
        "remind_after_hours": 0.25,
        "escalate_after_hours": 40,
        "cs_operations": ["pat@seller.example", "kim@seller.example"],
        "escalation_contact": "lee@seller.example",
    }
    await Policy(**set_by_cs_operations).save("hours", overwrite=True)
    policy = await stored(Policy, "hours")
    assert {name: getattr(policy, name) for name in set_by_cs_operations} == set_by_cs_operations


@pytest.mark.flows
async def test_business_hours_made_wrong_in_the_dashboard_are_told_by_their_title(keep):
    await keep(business_opens="nine", remind_after_hours=-1)
    with pytest.raises(CredentialsRejected) as caught:
        await stored(Policy, "kept")
    assert "Business day begins: 'nine' is not a time of the day: write it like 09:00" in str(caught.value)
    assert "Remind after: Input should be greater than 0" in str(caught.value)
    await keep(business_closes="9:00")
    told = r"kept\. Working time and reminders: Business day begins: must be before the business day ends"
    with pytest.raises(CredentialsRejected, match=told):
        await stored(Policy, "kept")
