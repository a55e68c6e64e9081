"""CSM-1: what people read of an assignment."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from rules.assignment.availability import Absence
from rules.assignment.books import CsmTerms
from rules.common.records import Person
from tasks.assignment.reports import LONGEST_BAR, bars, mention
from tasks.templates import slack_user
from tests.rules.builders.csms import HAND_OVER, LEAD, any_csms, choice, csm, free_csms, teams
from tests.rules.builders.sales import good_sale, with_contract, with_opportunity
from tests.tasks.assignment_texts import RUN, WHY, message, ranking

ANA = csm("Ana Diaz", 1, accounts=15, mrr=Decimal(24_000))
BO = csm("Bo Li", 2, accounts=6, mrr=Decimal(12_000))
CY = csm("Cy Young", 3, absences=(Absence(HAND_OVER.start, None),))


# --- the chart


def test_csm_1_bars_are_to_scale_and_the_chosen_ones_tells_what_this_account_adds():
    """Of 60,000 and 30 accounts as halves, Bo is 20 % full and Ana 45 %; 1,200 more MRR are 2/75 of a book."""
    bo, ana = bars(choice([ANA, BO, CY]))
    fullest = Decimal(45) / 100 + Decimal(2) / 75
    assert (bo.name, ana.name) == ("Bo Li", "Ana Diaz")
    assert (bo.before, ana.before) == (
        int(LONGEST_BAR * Decimal("0.2") / fullest),
        int(LONGEST_BAR * Decimal("0.45") / fullest),
    )
    assert bo.before + bo.added == int(LONGEST_BAR * (Decimal("0.2") + Decimal(2) / 75) / fullest)
    assert ana.added == 0
    assert re.fullmatch(r"22\.7\s% · 7 accounts", bo.label)
    assert re.fullmatch(r"45\.0\s% · 15 accounts", ana.label)


def test_csm_1_one_account_too_small_to_see_is_seen():
    heavy = csm("Ana Diaz", 1, accounts=49, mrr=Decimal(9_000_000), absences=())
    light = csm("Bo Li", 2, accounts=1)
    added = bars(choice([heavy, light], mrr=Decimal(0)))[0].added
    assert added > 0


def test_csm_1_a_team_that_holds_nothing_has_a_chart():
    (bar,) = bars(choice([csm()]))
    assert (bar.before, bar.added) == (0, LONGEST_BAR)
    (bar,) = bars(choice([csm()], mrr=Decimal(0)))
    assert bar.added > 0


@given(teams(free_csms) | teams(any_csms))
def test_csm_1_the_chart_holds_only_who_could_be_chosen_and_stays_in_its_width(candidates):
    found = choice(candidates)
    drawn = bars(found)
    assert [bar.name for bar in drawn] == [one.csm.person.name for one in found.ranking if not one.passed_over][:12]
    assert all(bar.before >= 0 and 0 <= bar.before + bar.added <= LONGEST_BAR + 2 for bar in drawn)
    assert [bar.added > 0 for bar in drawn] == [number == 0 for number in range(len(drawn))]


def test_csm_1_at_most_12_books_are_drawn_the_chosen_ones_first():
    crowd = [csm(f"C {number:02}", number, accounts=number) for number in range(1, 21)]
    assert [bar.name for bar in bars(choice(crowd))] == [f"C {number:02}" for number in range(1, 13)]


# --- mentions


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("Tara@Seller.Example", "<@U012AB3CD>"),
        ("otto@seller.example", "Tara Lead"),
        (None, "Tara Lead"),
        ("", "Tara Lead"),
    ],
)
def test_only_a_known_member_is_mentioned_others_are_named(email, expected):
    members = {"tara@seller.example": "U012AB3CD"}
    assert mention(Person(LEAD.id, "Tara Lead", email), members) == expected


# --- the ranking

LAST = datetime(2026, 6, 2, 14, tzinfo=UTC)


def rows(text, start):
    """The cells of a table, from the row that begins with this."""
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(start))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:] if line.startswith("|")]


def test_csm_1_the_ranking_tells_who_why_and_every_candidates_figures():
    on_leave = csm("Cy Young", 3, accounts=2, mrr=Decimal(3_000), absences=(Absence(HAND_OVER.start, None),))
    bo = csm("Bo Li", 2, accounts=6, mrr=Decimal(12_000), last_assigned=LAST)
    text = ranking(choice([ANA, bo, on_leave]), remarks=("Worth knowing.",), users=Decimal("26.0"))
    assert text.startswith("# Bo Li is the CSM of Harbor Clinic\n")
    assert "1,200 MRR, 26 users: **Mid-Market**" in text
    assert "| Team lead | Tara Lead |" in text
    shown = re.sub(r"(\d)\s%", r"\1 %", text)
    assert rows(shown, "| 1 |")[:2] == [
        ["1", "**Bo Li**", "6", "12,000", "20.0 %", "22.7 %", "2026-06-02"],
        ["2", "Ana Diaz", "15", "24,000", "45.0 %", "47.7 %", "never"],
    ]
    reason = "out of office from 2026-06-15 until further notice"
    assert rows(shown, "| Cy Young")[0] == ["Cy Young", "2", "3,000", "5.8 %", reason]
    assert "![Books of business before and after](data:image/svg+xml;base64,eA==)" in text
    assert "- Worth knowing." in text
    assert "## Not eligible" in text


def test_csm_1_the_ranking_names_what_decided_between_equal_books():
    assert "**by name**" in ranking(choice([csm("Ana Diaz", 1), csm("Bo Li", 2)]))
    assert "decided by" not in ranking(choice([ANA, BO]))


def test_csm_1_the_ranking_tells_what_was_agreed_with_a_csm():
    part_time = CsmTerms(capacity=Decimal("0.5"), ramp_up=Decimal("0.8"), most_accounts=7)
    assert "(capacity 50%, ramping up at 80%, at most 7)" in ranking(choice([csm("Bo Li", 2, terms=part_time)]))


def test_csm_2_the_ranking_of_nobody_says_so_and_gives_every_reason():
    text = ranking(choice([CY, csm("Di Rossi", 4, active=False)]), users=None)
    assert text.startswith("# No CSM is available for Harbor Clinic\n")
    assert "nobody was assigned" in text
    assert "unknown users" in text
    assert "| Cy Young | 0 | 0 |" in text
    assert "the user is inactive" in text


# --- the message


ACCOUNT, SALE = "<https://acme.example/001|Account>", "<https://acme.example/006|Opportunity>"
WHY_LINK, RUN_LINK = f"<{WHY}|Why this CSM>", f"<{RUN}|Run>"


def test_the_message_of_an_onboarding_has_what_the_first_call_needs():
    sale = with_contract(good_sale(), user_count=Decimal("26.0"))
    assert message(sale, csm=slack_user("U012AB3CD")).splitlines() == [
        ":wave: *Harbor Clinic* is <@U012AB3CD>'s account now. Team lead: Tara Lead",
        "Sold: Learning, Compliance, service level standard, 26 users, 1,250.00 a month. Seller: Rosa Martin",
        "First call with: Jane Doe, jane@x.org, +1 555 0100",
        "LMS company: 48213. Billing starts 2026-07-16.",
        f"{ACCOUNT} · {SALE} · {WHY_LINK} · {RUN_LINK}",
    ]


def test_the_message_of_an_account_alone_speaks_of_no_sale():
    assert message(None, company_id="", opportunity_url="").splitlines() == [
        ":wave: *Harbor Clinic* is Ana Diaz's account now. Team lead: Tara Lead",
        "MRR: 1,200.50",
        f"{ACCOUNT} · {WHY_LINK} · {RUN_LINK}",
    ]


def test_the_message_of_a_csm_who_stays_explains_no_choice():
    first, *_, links = message(good_sale(), is_new=False).splitlines()
    assert first == ":wave: *Harbor Clinic* is Ana Diaz's account. Team lead: Tara Lead"
    assert links == f"{ACCOUNT} · {SALE} · {RUN_LINK}"


def test_a_message_can_be_written_of_a_sale_that_names_little():
    sale = with_contract(with_opportunity(good_sale(), owner=None), user_count=None, plan_amount=None)
    text = message(sale, level=None, mrr=Decimal(0), company_id="", billing_start="")
    assert "service level unknown. Seller: unknown" in text
    assert "None" not in text
