"""What an end or a renewal changes, and that nothing ends early, in doubt, or by mistake (PUB-3 to PUB-5, PUB-7)."""

from dataclasses import replace

import pytest

from rules.common.problems import Responsible
from rules.contracts.deactivation import deactivation
from tests.rules.builders.clients import (
    OURS,
    THEIRS,
    TODAY,
    client,
    company,
    contract,
    in_lms,
    on,
    planned,
    publication,
    renewal,
    stand,
    subscription,
)


def ending(day, **fields):
    """A client whose only contract ends on a day."""
    return client(contract(-300, day), **fields)


def scheduled(record, day, reason=OURS):
    return in_lms(replace(record, last_day=on(day), status="scheduled", reason=reason), TODAY)


def ended(record, day, reason=OURS):
    return replace(record, last_day=on(day), status="inactive", reason=reason)


def ends(todo):
    """What is to stand on each record: kind, id, last day, status."""
    return [(end.kind, end.id, end.last_day, end.status) for end in todo.ends]


def problems(todo):
    return [(one.who, one.record, one.field) for one in todo.problems]


RENEWED = client(contract(-300, 20), contract(21, 385, 102))
DOUBTFUL = ending(20, renewals=(renewal(),))
TWO = (publication(7001), publication(7002))


# --- the phases


def test_pub_4_ahead_of_time_the_last_day_is_set_on_every_publication_and_the_company():
    todo = planned(ending(20), company(), TWO)
    assert ends(todo) == [
        ("publication", "7001", on(20), None),
        ("publication", "7002", on(20), None),
        ("company", "48213", on(20), None),
    ]
    assert all(end.reason == "End of contract 00000101 on 2027-04-04" for end in todo.ends)
    assert (todo.status, todo.notification, todo.problems) == ((), "", ())
    assert [(one.system, one.field, one.before, one.after, one.rule) for one in todo.changes] == [
        ("LMS", "Last Day of Service", "", "2027-04-04", "PUB-4")
    ] * 3


@pytest.mark.parametrize(("day", "news"), [(15, ""), (14, "ends soon"), (1, "ends soon"), (0, "last day")])
def test_pub_4_csm_and_sales_are_told_from_two_weeks_before_and_nothing_is_inactive_through_the_last_day(day, news):
    todo = planned(ending(day), company(), TWO)
    assert (todo.notification, todo.status, {end.status for end in todo.ends}) == (news, (), {None})
    again = planned(ending(day), scheduled(company(), day), [scheduled(one, day) for one in TWO])
    assert (again.ends, again.notification) == ((), news)


def test_pub_4_after_the_last_day_everything_is_inactive_and_the_account_deactivated():
    todo = planned(ending(-1), company(), TWO)
    assert ends(todo) == [
        ("publication", "7001", on(-1), "inactive"),
        ("publication", "7002", on(-1), "inactive"),
        ("company", "48213", on(-1), "inactive"),
    ]
    assert [(one.field, one.before, one.after, one.rule) for one in todo.status] == [
        ("CS Status", "Active", "Deactivated", "PUB-4")
    ]
    assert todo.notification == "ended"


def test_pub_4_where_the_day_was_set_the_lms_ends_the_service_and_only_the_account_is_left():
    todo = planned(ending(-1), ended(company(), -1), [ended(one, -1) for one in TWO])
    assert (todo.ends, len(todo.status), todo.notification) == ((), 1, "ended")
    assert planned(ending(-1, cs_status="Deactivated"), ended(company(), -1)).notification == ""


def test_pub_5_while_a_contract_runs_an_end_that_was_set_for_one_is_withdrawn_and_people_are_told():
    todo = planned(RENEWED, scheduled(company(), 20), [scheduled(TWO[0], 20), TWO[1]])
    assert ends(todo) == [("company", "48213", None, None), ("publication", "7001", None, None)]
    assert {end.reason for end in todo.ends} == {""}
    assert {(one.before, one.after, one.rule) for one in todo.changes} == {("2027-04-04", "", "PUB-5")}
    assert (todo.status, todo.notification) == ((), "stays")
    assert planned(RENEWED, company(), TWO).notification == ""


def test_pub_5_what_ended_with_a_contract_is_active_again_when_one_runs_again_however_late():
    back = client(contract(-800, -435), contract(-5, 360, 102), cs_status="Deactivated")
    todo = planned(back, ended(company(), -435), [ended(TWO[0], -435), ended(TWO[1], -500, THEIRS)])
    assert ends(todo) == [("company", "48213", None, "active"), ("publication", "7001", None, "active")]
    assert [(one.before, one.after, one.rule) for one in todo.status] == [("Deactivated", "Active", "PUB-5")]
    assert todo.notification == "stays"


@pytest.mark.parametrize("status", ["Active", "Onboarding", "Churned", None])
def test_pub_5_no_other_cs_status_is_touched_while_a_contract_runs(status):
    assert planned(ending(60, cs_status=status)).status == ()


def test_pub_5_an_end_that_was_moved_is_moved_in_the_lms():
    for day in (25, 15):
        todo = planned(ending(day), scheduled(company(), 20), [scheduled(TWO[0], 20)])
        assert ends(todo) == [("publication", "7001", on(day), None), ("company", "48213", on(day), None)]


def test_pub_4_a_publication_that_somebody_set_to_end_earlier_ends_earlier_and_one_set_later_does_not_live_longer():
    earlier, later = scheduled(TWO[0], 5, THEIRS), scheduled(TWO[1], 90, THEIRS)
    todo = planned(ending(20), scheduled(company(), 20), [earlier, later])
    assert ends(todo) == [("publication", "7002", on(20), None)]


def test_pub_4_a_client_without_a_company_in_the_lms_ends_in_salesforce_alone():
    whose = ending(-1, lms_company_id=None)
    todo = planned_without_company(whose)
    assert (todo.ends, len(todo.status), todo.notification) == ((), 1, "")
    assert todo.remarks == ("The client has no company in the LMS.",)


def planned_without_company(whose):
    """`planned` takes none for an active company."""
    return deactivation(whose, stand(whose), None, (), ())


def test_pub_4_a_company_that_was_deactivated_before_its_day_stays_so_and_is_remarked_upon():
    todo = planned(ending(20), ended(company(), -9, THEIRS), [ended(TWO[0], -9, "")])
    assert (todo.ends, todo.problems) == ((), ())
    assert todo.remarks == (
        f"The company 48213 is inactive in the LMS ({THEIRS}). No end of a contract did that: nothing changes.",
    )


@pytest.mark.parametrize(("day", "news"), [(20, "stays"), (5, "ends soon"), (0, "last day")])
def test_pub_5_what_ended_with_an_earlier_end_is_active_again_until_the_new_one(day, news):
    todo = planned(ending(day, cs_status="Deactivated"), ended(company(), -9, OURS), [ended(TWO[0], -9, OURS)])
    assert [(end.kind, end.status, end.last_day) for end in todo.ends] == [
        ("publication", "active", on(day)),
        ("company", "active", on(day)),
    ]
    assert ([one.after for one in todo.status], todo.notification, todo.problems) == (["Active"], news, ())


def test_pub_3_without_a_signed_contract_that_has_begun_nothing_is_done():
    whose = client(contract(5, 400), cs_status="Deactivated")
    todo = planned(whose, scheduled(company(), 20))
    assert (todo.ends, todo.status, todo.notification, todo.problems) == ((), (), "", ())


# --- what people deactivated


IN_FORCE = client(contract(-100, 200), cs_status="Deactivated")


@pytest.mark.parametrize(
    "record", [ended(company(), -12, ""), ended(company(), -12, THEIRS), ended(company(), None, "")]
)
@pytest.mark.parametrize("day", [200, 20, 5, 0])
def test_pub_5_whom_people_deactivated_stays_so_and_sales_are_asked_while_a_contract_is_in_force(record, day):
    whose = client(contract(-100, day), cs_status="Deactivated")
    todo = planned(whose, record, [ended(TWO[0], -12, "")])
    assert (todo.ends, todo.status, todo.notification, todo.ask_now) == ((), (), "", True)
    (problem,) = todo.problems
    assert (problem.who, problem.record, problem.field) == (Responsible.SALES, "Account", "CS Status")
    assert problem.found.endswith(f"but contract 00000101 is in force until {on(day)}")
    assert [one.label for one in problem.choices] == ["It stays deactivated", "It is served again"]


def test_pub_5_who_stays_deactivated_by_a_persons_word_is_left_alone():
    off = ended(company(), -12, THEIRS)
    todo = deactivation(IN_FORCE, stand(IN_FORCE), off, [ended(TWO[0], -12, "")], (), choice="stays off")
    assert (todo.ends, todo.status, todo.problems, todo.notification) == ((), (), (), "")


def test_pub_5_who_is_served_again_by_a_persons_word_is():
    off = ended(company(), -12, THEIRS)
    todo = deactivation(IN_FORCE, stand(IN_FORCE), off, [], (), choice="is back")
    assert (ends(todo), todo.notification) == ([("company", "48213", None, "active")], "stays")
    assert [one.after for one in todo.status] == ["Active"]


@pytest.mark.parametrize(("start", "back"), [(-20, True), (-40, False)])
def test_pub_5_a_contract_that_began_after_the_end_brings_a_client_back(start, back):
    whose = client(contract(-500, -200), contract(start, 200, 102), cs_status="Deactivated")
    todo = planned(whose, ended(company(), -30, ""), [ended(TWO[0], -30, "")])
    assert bool(todo.problems) is not back
    found = [("company", "48213", None, "active"), ("publication", "7001", None, "active")]
    assert ends(todo) == (found if back else [])


def test_pub_5_a_contract_that_was_extended_after_its_end_brings_a_client_back():
    todo = planned(IN_FORCE, ended(company(), -12, OURS))
    assert (ends(todo), todo.problems) == ([("company", "48213", None, "active")], ())


def test_pub_5_a_contract_signed_after_somebody_else_ended_the_service_is_asked_about():
    whose = client(contract(-500, -200), contract(-20, 200, 102))
    todo = planned(whose, ended(company(), -30, THEIRS))
    assert (ends(todo), problems(todo)) == ([], [(Responsible.SALES, "Account", "CS Status")])


@pytest.mark.parametrize("lms", [company(), scheduled(company(), 20, THEIRS)])
def test_pub_5_who_is_marked_as_deactivated_and_served_is_asked_about(lms):
    todo = planned(IN_FORCE, lms)
    assert (ends(todo), todo.status, problems(todo)) == ([], (), [(Responsible.SALES, "Account", "CS Status")])


def test_pub_5_without_a_company_a_renewal_brings_the_account_back_and_nothing_else_does():
    alone = replace(IN_FORCE, lms_company_id=None)
    assert problems(planned_without_company(alone)) == [(Responsible.SALES, "Account", "CS Status")]
    renewed = client(contract(-500, -200), contract(-20, 200, 102), cs_status="Deactivated", lms_company_id=None)
    todo = planned_without_company(renewed)
    assert ([one.after for one in todo.status], todo.problems) == (["Active"], ())


# --- what is off already


@pytest.mark.parametrize("record", [ended(company(), -12, ""), ended(company(), -12, THEIRS), None])
@pytest.mark.parametrize("status", ["Active", "Onboarding", "Churned", None])
@pytest.mark.parametrize("day", [20, 14, 1, 0])
def test_pub_7_a_service_that_is_off_is_not_announced_to_end(record, status, day):
    whose = client(contract(-300, day), cs_status=status, lms_company_id=record and "48213")
    todo = deactivation(whose, stand(whose), record, [ended(TWO[0], -12, "")] if record else [], ())
    assert (todo.ends, todo.status, todo.notification, todo.problems) == ((), (), "", ())


@pytest.mark.parametrize("record", [ended(company(), -12, ""), ended(company(), -12, THEIRS), None])
@pytest.mark.parametrize("status", ["Active", "Onboarding"])
def test_pub_7_after_the_contracts_end_the_status_of_a_service_that_was_off_is_corrected_in_silence(record, status):
    whose = client(contract(-300, -1), cs_status=status, lms_company_id=record and "48213")
    todo = deactivation(whose, stand(whose), record, (), ())
    assert (todo.ends, [one.after for one in todo.status], todo.notification) == ((), ["Deactivated"], "")


def test_pub_7_a_publication_that_is_off_already_takes_nothing_from_the_news_of_its_company():
    todo = planned(ending(5), company(), [ended(TWO[0], -12, ""), TWO[1]])
    assert ([end.id for end in todo.ends], todo.notification) == (["7002", "48213"], "ends soon")


# --- doubts


@pytest.mark.parametrize(
    ("day", "asks"), [(30, False), (15, False), (14, True), (1, True), (0, True), (-1, True), (-31, True)]
)
def test_pub_7_sales_are_asked_from_two_weeks_before_and_until_then_there_is_time(day, asks):
    todo = planned(ending(day, renewals=(renewal(),)))
    assert (problems(todo), todo.ask_now) == ([(Responsible.SALES, "Opportunity", "Stage")], asks)
    assert (todo.ends, todo.status, todo.notification) == ((), (), "")


@pytest.mark.parametrize("day", [20, 14, 0])
def test_pub_5_while_a_doubt_stands_an_end_that_was_set_for_a_contract_is_withdrawn(day):
    whose = ending(day, renewals=(renewal(),))
    todo = planned(whose, scheduled(company(), day), [scheduled(TWO[0], day), scheduled(TWO[1], 3, THEIRS)])
    assert ends(todo) == [("company", "48213", None, None), ("publication", "7001", None, None)]
    assert todo.notification == ""


def test_pub_5_a_doubt_after_the_service_has_ended_changes_nothing():
    whose = ending(-3, renewals=(renewal(),), cs_status="Deactivated")
    todo = planned(whose, ended(company(), -3), [ended(one, -3) for one in TWO])
    assert (todo.ends, todo.status, todo.problems) == ((), (), ())


def test_pub_4_a_fault_is_asked_about_whatever_the_day_and_what_was_set_is_withdrawn():
    todo = planned(client(contract(-300, None)), scheduled(company(), 20))
    assert (problems(todo), todo.ask_now) == ([(Responsible.SALES, "Contract", "End Date")], True)
    assert ends(todo) == [("company", "48213", None, None)]


@pytest.mark.parametrize("day", [60, 20, -1])
def test_pub_3_a_company_id_that_the_lms_does_not_know_is_asked_of_cs_operations_whatever_the_day(day):
    todo = planned_without_company(ending(day))
    assert (problems(todo), todo.ask_now) == ([(Responsible.CS_OPS, "Account", "LMS Company Id")], True)
    assert "48213, but the LMS has no such company" in todo.problems[0].found
    other = planned(ending(day, lms_company_id="77"))
    assert "77, but the LMS has 48213 for this account" in other.problems[0].found


@pytest.mark.parametrize(("reason", "told"), [(THEIRS, THEIRS), ("", "no reason given")])
def test_pub_7_another_last_day_that_somebody_set_is_asked_of_sales(reason, told):
    todo = planned(ending(10), scheduled(company(), 12, reason), TWO)
    assert problems(todo) == [(Responsible.SALES, "LMS company", "Last Day of Service")]
    assert todo.problems[0].found == f"2027-03-27 ({told}), but the contract ends on 2027-03-25"
    assert (todo.ends, todo.ask_now) == ((), True)


def test_pub_7_the_same_last_day_set_by_somebody_is_no_other_one():
    assert planned(ending(10), scheduled(company(), 10, THEIRS)).problems == ()


@pytest.mark.parametrize(
    ("billed", "doubtful"),
    [
        (subscription("active", renews=True, until=5), True),
        (subscription("active", until=12), True),
        (subscription("canceled", until=12), True),
        (subscription("paused", until=12), True),
        (subscription("future"), True),
        (subscription("active", until=11), False),
        (subscription("active", until=10), False),
        (subscription("canceled", until=11), False),
        (subscription("active"), False),
        (subscription("expired", until=90), False),
        (subscription("failed", until=90), False),
    ],
)
def test_pub_7_a_subscription_that_lives_beyond_the_day_after_the_last_is_a_doubt(billed, doubtful):
    todo = planned(ending(10), subscriptions=[billed])
    assert problems(todo) == ([(Responsible.SALES, "Recurly subscription", "State")] if doubtful else [])
    assert bool(todo.ends) is not doubtful


def test_pub_7_while_the_contract_runs_subscriptions_are_nobodys_concern():
    assert planned(ending(31), subscriptions=[subscription(renews=True)]).problems == ()


# --- whose end it is


@pytest.mark.parametrize(
    ("record", "cs_status", "ours"),
    [
        (scheduled(company(), 12, OURS), "Active", True),
        (scheduled(company(), 12, THEIRS), "Active", False),
        (scheduled(company(), 12, ""), "Active", False),
        (scheduled(company(), 20, ""), "Active", True),
        (scheduled(company(), 20, THEIRS), "Active", False),
        (ended(company(), -12, OURS), "Active", True),
        (ended(company(), -12, ""), "Active", False),
        (ended(company(), -12, ""), "Deactivated", False),
        (ended(company(), -12, THEIRS), "Deactivated", False),
        (ended(company(), -100, ""), "Active", False),
    ],
)
def test_pub_5_what_ended_for_another_reason_than_a_contract_is_never_taken_back(record, cs_status, ours):
    whose = client(contract(-500, -100), *RENEWED.agreements, cs_status=cs_status)
    assert [end.kind for end in planned(whose, record).ends] == (["company"] if ours else [])


def test_the_status_once_all_is_done_is_the_new_one_or_the_present_one():
    whose = ending(-1)
    assert planned(whose).status_after(whose) == "Deactivated"
    whose = ending(200, cs_status="Onboarding")
    assert planned(whose).status_after(whose) == "Onboarding"
