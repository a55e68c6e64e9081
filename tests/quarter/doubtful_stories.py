"""Stories in which something does not fit, or was done by hand."""

from tests.quarter.telling import BEFORE, YEAR, Teller, kind


@kind
def a_renewal_is_open_and_lost(t: Teller) -> None:
    t.serve()
    opened = t.between(t.end - 40, t.end - 1)
    t.does(opened, "opportunity", "R", type="Renewal", stage="Prospecting")
    t.does(opened + t.rng.randint(2, 30), "opportunity", "R", stage="Closed Lost")


@kind
def a_renewal_is_open_and_won(t: Teller) -> None:
    t.serve()
    opened = t.between(t.end - 40, t.end - 1)
    won = opened + t.rng.randint(2, 30)
    t.does(opened, "opportunity", "R", type="Renewal", stage="Negotiation/Review")
    t.contract(won, "B", t.end + 1, t.end + YEAR)
    t.does(won, "opportunity", "R", stage="Closed Won", contract="B")


@kind
def a_renewal_opens_when_it_is_over(t: Teller) -> None:
    t.end = t.rng.randint(1, max(2, t.days - 20))
    t.serve()
    opened = t.end + t.rng.randint(2, 8)
    closed = opened + t.rng.randint(2, 12)
    t.does(opened, "opportunity", "R", type="Renewal", stage="Prospecting")
    if t.rng.random() < 0.5:
        t.does(closed, "opportunity", "R", stage="Closed Lost")
    else:
        t.contract(closed, "B", t.end + 1, t.end + YEAR)
        t.does(closed, "opportunity", "R", stage="Closed Won", contract="B")


@kind
def an_expansion_is_open(t: Teller) -> None:
    t.serve()
    t.does(t.between(t.end - 30, t.end), "opportunity", "E", type="Expansion", stage="Prospecting")


@kind
def a_draft_is_signed(t: Teller) -> None:
    t.serve()
    made = t.between(t.end - 40, t.end - 1)
    status = t.rng.choice(("Draft", "In Approval Process"))
    t.contract(made, "B", t.rng.choice((t.end + 1, None)), t.rng.choice((t.end + YEAR, None)), status)
    signed = made + t.rng.randint(2, 25)
    t.contract(signed, "B", t.end + 1, t.end + YEAR)


@kind
def a_draft_is_thrown_away(t: Teller) -> None:
    t.serve()
    made = t.between(t.end - 40, t.end - 1)
    t.contract(made, "B", t.rng.choice((t.end + 1, None)), t.end + YEAR, "Draft")
    t.does(made + t.rng.randint(2, 25), "contract", "B", deleted=True)


@kind
def two_contracts_of_which_one_is_terminated(t: Teller) -> None:
    t.serve()
    t.contract(BEFORE, "B", t.end - 3 * YEAR, t.end + t.rng.randint(10, 200))
    t.does(t.between(t.end - 25, t.end + 10), "contract", t.rng.choice("AB"), status="Terminated")


@kind
def two_contracts_of_one_day(t: Teller) -> None:
    t.contract(BEFORE, "A", t.end - YEAR, t.end)
    t.contract(BEFORE, "B", t.end - YEAR, t.end + t.rng.randint(10, 200))
    t.does(t.between(t.end - 13, t.end + 5), "contract", "B", start=t.day(t.end + 1), end=t.day(t.end + YEAR))


@kind
def terminated_early(t: Teller) -> None:
    t.end = t.rng.randint(40, t.days + 100)
    t.serve()
    day = t.between(2, min(t.days - 5, t.end - 1))
    t.does(day, "contract", "A", status="Terminated", end=t.day(day + t.rng.choice((0, 5, 20, 40))))


@kind
def it_expires_and_is_renewed(t: Teller) -> None:
    t.end = t.rng.randint(1, max(2, t.days - 10))
    t.serve()
    t.does(t.end + 1, "contract", "A", status="Expired")
    day = t.end + t.rng.randint(2, 20)
    t.renewed(day, day)


@kind
def without_an_end_until_repaired(t: Teller) -> None:
    t.contract(BEFORE, "A", t.end - YEAR, None)
    t.does(t.between(3, t.days // 2), "contract", "A", end=t.day(t.end + t.rng.choice((0, 0, 90))))


@kind
def the_end_is_deleted_and_put_back(t: Teller) -> None:
    t.end = t.rng.randint(10, t.days + 10)
    t.serve()
    day = t.between(t.end - 28, t.end - 2)
    t.does(day, "contract", "A", end=None)
    t.does(day + t.rng.randint(1, 12), "contract", "A", end=t.day(t.end + t.rng.choice((0, 90))))


@kind
def the_end_is_before_the_start(t: Teller) -> None:
    start = -t.rng.choice((3, 60, 200))
    t.contract(BEFORE, "A", start, start - t.rng.randint(1, 20))
    t.does(t.between(3, t.days // 2), "contract", "A", end=t.day(t.end))


@kind
def it_began_long_ago(t: Teller) -> None:
    t.contract(BEFORE, "A", None, t.end)


@kind
def a_subscription_renews_until_the_contract_does(t: Teller) -> None:
    t.serve()
    t.does(BEFORE, "subscription", "S", state="active", renews=True, until=t.day(t.end + t.rng.randint(-20, 40)))
    if t.rng.random() < 0.7:
        t.renewed(t.between(t.end - 12, t.end + 15), t.end + 1)


@kind
def a_subscription_is_paid_for_longer(t: Teller) -> None:
    t.serve()
    longer = t.rng.randint(0, 20)
    state = t.rng.choice(("active", "canceled"))
    t.does(BEFORE, "subscription", "S", state=state, renews=False, until=t.day(t.end + longer))
    t.does(t.between(t.end - 12, t.end + 8), "contract", "A", end=t.day(t.end + longer))


@kind
def a_subscription_is_to_begin_or_is_over(t: Teller) -> None:
    t.serve()
    state = t.rng.choice(("future", "expired", "failed"))
    t.does(BEFORE, "subscription", "S", state=state, renews=True, until=t.day(t.end + 30))


@kind
def somebody_set_another_last_day(t: Teller) -> None:
    t.end = t.rng.randint(28, max(29, t.days - 2))
    t.serve()
    by_hand = t.end + t.rng.choice((-4, -2, 12, 20))
    t.does(t.between(t.end - 26, t.end - 16), "company", "", last_day=t.day(by_hand), reason="Asked by phone")
    corrected = t.rng.randint(t.end - 12, t.end - 6 if by_hand < t.end else t.end + 8)
    t.does(corrected, "company", "", last_day=None)


@kind
def somebody_set_the_same_last_day(t: Teller) -> None:
    t.end = t.rng.randint(12, t.days)
    t.serve()
    day = t.between(t.end - 10, t.end - 1)
    t.does(day, "company", "", last_day=None)
    t.does(day, "company", "", last_day=t.day(t.end))
    if t.rng.random() < 0.6:
        t.renewed(t.between(t.end - 10, t.end + 10), t.end + 1)


@kind
def the_client_churned(t: Teller) -> None:
    t.serve()
    t.does(t.between(t.end - 30, t.end - 1), "account", "", cs_status="Churned")
    if t.rng.random() < 0.4:
        t.renewed(t.end + t.rng.randint(-5, 10), t.end + 1)


@kind
def the_company_is_inactive_already(t: Teller) -> None:
    t.serve()
    t.does(BEFORE, "company", "", status="inactive", reason=t.rng.choice((None, "Never paid")))
    if t.rng.random() < 0.5:
        t.renewed(t.between(t.end - 20, t.end + 10), t.end + 1)


@kind
def publications_have_ends_of_their_own(t: Teller) -> None:
    t.serve()
    t.does(BEFORE, "publication", "Shorter", last_day=t.day(t.end - 3), reason="Replaced")
    t.does(BEFORE, "publication", "Unsaid", last_day=t.day(t.end - 5))
    t.does(BEFORE, "publication", "Longer", last_day=t.day(t.end + 30), reason="Replaced")
    t.does(BEFORE, "publication", "Gone", status="inactive", reason="Replaced")
    t.does(BEFORE, "publication", "Gone, unsaid", status="inactive")
    if t.rng.random() < 0.6:
        t.renewed(t.between(t.end - 25, t.end + 15), t.end + 1)


@kind
def the_company_is_unknown(t: Teller) -> None:
    t.end = t.rng.randint(1, min(30, t.days))
    t.serve()
    t.does(BEFORE, "account", "", company_known=False)
    t.does(t.between(2, t.end + 10), "account", "", company_known=True)


@kind
def people_deactivated_the_client(t: Teller) -> None:
    t.end = t.rng.randint(10, t.days + 100)
    t.serve()
    day = t.between(1, max(1, t.end - 5))
    t.does(day, "company", "", status="inactive", reason=t.rng.choice((None, "Never paid")))
    t.does(day + t.rng.choice((0, 0, 3)), "account", "", cs_status="Deactivated")
    if t.rng.random() < 0.6:
        t.renewed(t.end + t.rng.randint(-5, 10), t.end + 1)


@kind
def people_deactivated_the_account_alone(t: Teller) -> None:
    t.end = t.rng.randint(20, t.days + 100)
    t.serve()
    t.does(t.between(1, t.end - 5), "account", "", cs_status="Deactivated")
    if t.rng.random() < 0.5:
        t.does(t.between(t.end - 4, t.end + 5), "account", "", cs_status="Active")


@kind
def it_was_ended_on_a_day_and_a_contract_begins_after_it(t: Teller) -> None:
    t.end = t.rng.randint(40, t.days + 100)
    t.serve()
    day = t.between(2, t.days // 2)
    t.does(day, "company", "", status="inactive", last_day=t.day(day - 1), reason=t.rng.choice((None, "Never paid")))
    start = day + t.rng.randint(1, 20)
    t.renewed(start - t.rng.choice((0, 3)), start, 2 * YEAR)


@kind
def a_contract_for_later_has_dates_at_fault(t: Teller) -> None:
    t.end = t.rng.randint(60, t.days + 200)
    t.serve()
    made, start = t.between(1, t.days // 2), t.days + t.rng.randint(20, 400)
    t.contract(made, "B", start, t.rng.choice((start - 20, None)))
    t.does(made + t.rng.randint(2, 15), "contract", "B", end=t.day(start + YEAR))


@kind
def an_expansion_is_won(t: Teller) -> None:
    t.serve()
    day = t.between(t.end - 40, t.end - 5)
    t.contract(day, "X", day, t.end + t.rng.choice((-3, 0, 20, 90)))
    t.does(day, "opportunity", "won X", type="Expansion", stage="Closed Won", contract="X")
