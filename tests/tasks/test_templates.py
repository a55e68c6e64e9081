"""Texts for people: what a record says never becomes markup, and nothing that a text needs is left out."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from rules.common.problems import Choice
from rules.common.records import Person
from rules.questions.reminders import Urgency
from rules.questions.waiting import WaitingLine
from tasks.questions.sweep_reports import DigestPages
from tasks.templates import picture, render
from tests.rules.builders.csms import choice, csm
from tests.rules.builders.questions import ASKED, chosen, problem, question, unknown
from tests.rules.builders.sales import good_sale, with_contact, with_opportunity
from tests.tasks.assignment_texts import chart, message, ranking
from tests.tasks.marks import marks

NASTY = "a|b\n# [x](http://evil.example) <script> `code` *bold* & _it_ ~no~ \\"
LINKS = {"opportunity_url": "https://acme.example/006", "account_url": "https://acme.example/001"}


def out_of_scope(name, reason="Because."):
    return render("out_of_scope.md", sale=with_opportunity(good_sale(), name=name), reason=reason, **LINKS)


def announced(name):
    sale = with_opportunity(good_sale(), name=name)
    return render("announcement.slack", sale=sale, services=("Learning",), run_url="https://p.example", **LINKS)


def test_markdown_from_a_record_is_shown_not_obeyed():
    line = out_of_scope(NASTY).splitlines()[0]
    assert line.startswith("# Out of scope: a\\|b")
    assert "<script>" not in line
    assert "\\[x\\](http\u00a0://evil.example)" in line
    assert "\\*bold\\*" in line


@given(st.text(max_size=60))
def test_no_name_adds_a_line_a_tag_or_an_unescaped_mark(name):
    text, plain = out_of_scope(name), out_of_scope("x")
    assert len(text.split("\n")) == len(plain.split("\n"))
    shown = text.split("\n")[0].removeprefix("# Out of scope: ")
    assert "<" not in shown
    assert re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]|#~]", shown) is None


@given(st.text(max_size=60))
def test_slack_has_no_command_or_link_that_a_record_brought(name):
    assert announced(name).count("<") == announced("x").count("<") == 2
    assert announced("<!channel>").count("<!") == 0


def test_slack_text_keeps_its_words():
    assert "*Closed Won: R&amp;D &lt;North&gt;*" in announced("R&D <North>")


def test_an_address_cannot_end_its_link():
    text = render("out_of_scope.md", sale=good_sale(), reason="x", opportunity_url="https://a.example/b) [c](d\n")
    assert "(https://a.example/b%29%20%5Bc%5D%28d%0A)" in text


def test_a_value_that_a_text_needs_must_be_given():
    with pytest.raises(UndefinedError):
        render("out_of_scope.md", sale=good_sale(), **LINKS)


def test_onb_1_a_sale_without_owner_or_account_can_be_announced():
    sale = replace(good_sale(), account=None)
    sale = with_opportunity(sale, owner=None)
    text = render("announcement.slack", sale=sale, services=("Learning",), run_url="https://p.example", **LINKS)
    assert "(no account)" in text
    assert "Sold by an unknown owner" in text


# --- an assignment


def named(name, number, **fields):
    """A CSM whom a record calls so, and the lead too."""
    return replace(csm(name, number, **fields), lead=Person("005000000000900AAA", name, None))


def ranked(name):
    """A ranking whose every name is this one."""
    team = [named(name, 1), named(name, 2, accounts=5), named(name, 3, segments=(name,))]
    return ranking(choice(team), remarks=(name,), name=name)


def told(name):
    sale = with_contact(with_opportunity(good_sale(), owner=Person("005000000000001AAA", name, None)), first_name=name)
    sale = with_contact(sale, last_name=name, email=name, phone=name)
    return message(sale, name=name, csm=name, lead=name, services=(name,), company_id=f"48{name}")


@given(st.text(max_size=30))
@example(NASTY)
@example("a\n- b\r\n# c")
@example("\\")
def test_csm_1_no_name_adds_a_line_a_cell_a_tag_or_a_mark_to_the_ranking(name):
    assert marks(ranked(name)) == marks(ranked("x"))


@given(st.text(max_size=30))
@example("<!channel> <!here|x> <@U012AB3CD> <https://evil.example|x>")
@example("a\nb\r\nc")
def test_csm_1_no_name_adds_a_line_a_mention_or_a_link_to_the_message(name):
    text, plain = told(name), told("x")
    assert [text.count(mark) for mark in "<>\n\r"] == [plain.count(mark) for mark in "<>\n\r"]
    assert "<!" not in text
    assert "<@" not in text


SVG = "{http://www.w3.org/2000/svg}"


def drawn(name):
    """The chart as a reader of XML sees it."""
    return fromstring(chart(choice([csm(name, 1), csm("Bo Li", 2, accounts=3)])).encode())


def readable(text):
    """Without what no XML can hold, nor what stands in its place."""
    return "".join(one for one in text if one.isprintable() and one != "\ufffd")


@given(st.text(max_size=30))
@example("</text><script>alert(1)</script>")
@example("&lt; ]]> <!-- \" '")
@example("\x00\x0b\x1f\x7f\ufffe\uffff")
@example("\ud800")
def test_csm_1_whatever_a_name_holds_the_chart_is_well_formed_and_shows_it_as_text(name):
    shape = [(element.tag, sorted(element.attrib)) for element in drawn("x").iter()]
    found = drawn(name)
    assert [(element.tag, sorted(element.attrib)) for element in found.iter()] == shape
    assert readable(name) in [readable(element.text or "") for element in found.iter(f"{SVG}text")]


def test_csm_1_a_picture_stands_in_markdown_as_one_address():
    shown = picture("books_chart.svg", bars=())
    assert re.fullmatch(r"data:image/svg\+xml;base64,[A-Za-z0-9+/]+=*", shown)


# --- what people are asked


def asked(name):
    """The pieces of a question in Slack, of whose every word this is."""
    one = replace(problem(name, found=name, expected=name, record=name), rule=name)
    usual = {"subject": name, "problems": [one], "run_url": "https://p.example/run"}
    told = {"whom": name, "addressed": name, "instead_of": name, "reviewed": False, "fixed": [one], "number": 2}
    answer = chosen(name, topic=name, who=name, via=name)
    closed = {"settled": [one], "others": name, "cancelled_at": "2026-06-15 10:00"}
    reminder = {"whom": name, "addressed": name, "age": name, "mrr": name, "fields": name}
    return [
        render("question.slack", **usual, **told, what="onboarding"),
        render("question_problem.slack", problem=one, link="https://acme.example/800"),
        render(
            "question_foot.slack",
            checked=answer,
            checked_at="10:00 EDT",
            reported=True,
            unreported=name,
            run_url="https://p.example/run",
        ),
        *(
            render("question_closed.slack", **usual, **closed, open=over, cancelled=None, ended=ended)
            for over, ended in ((True, ""), (False, ""), (False, name))
        ),
        render("question_closed.slack", **usual, **closed, open=False, cancelled=answer),
        *(render("reminder.slack", **usual, **reminder, escalated=above) for above in (True, False)),
        digest(name),
    ]


def digest(name, lines=1, mrr=Decimal(1250)):
    """The daily message, each line of which says this."""
    line = WaitingLine(name, "https://p.example/1", name, name, ASKED, name, timedelta(hours=1), mrr, Urgency.ASKED)
    pages = DigestPages("https://p.example/table", "https://p.example/failed", "https://p.example/home")
    rest = {"total": "1,250.00", "today": date(2026, 6, 15), "failures": [], "pages": pages}
    return render("digest.slack", lines=[replace(line, url=f"{line.url}{n}") for n in range(lines)], **rest)


@given(st.text(min_size=1, max_size=30))
@example("<!channel> <!here|x> <@U012AB3CD> <https://evil.example|x>")
@example("a\nb\r\nc")
def test_pub_3_no_record_adds_a_line_a_mention_or_a_link_to_what_is_asked(name):
    for text, plain in zip(asked(name), asked("x"), strict=True):
        assert [text.count(mark) for mark in "<>\n\r"] == [plain.count(mark) for mark in "<>\n\r"]
        assert "<!" not in text
        assert "<@" not in text


@pytest.mark.parametrize(
    ("lines", "shown", "rest"), [(1, 1, None), (20, 20, None), (21, 20, "1 more"), (60, 20, "40 more")]
)
def test_the_digest_shows_the_oldest_and_counts_the_others(lines, shown, rest):
    text = digest("Harbor Clinic", lines)
    assert text.count("|Harbor Clinic>") == shown
    assert f"{lines} open question" in text
    assert (rest in text) if rest else ("more" not in text)
    assert "<https://p.example/table|" in text


def test_the_digest_names_no_amount_that_is_not_known():
    assert digest("Harbor Clinic").count("MRR") == 2
    assert digest("Harbor Clinic", mrr=None).count("MRR") == 1


def page(name, *, waits=True, reviewed=False):
    """The page of what is waited for, with one question and one answer."""
    one = unknown(name, record=name, expected=name)
    old = replace(problem(name), rule=name)
    return render(
        "problems.md",
        name=name,
        problems=[(one, "https://acme.example/800"), (old, "")],
        asked=[(question(one, old, fixed=(old,)), name), (question(number=2), "")],
        answers=[chosen(name, 65, topic=name, who=name, via=name)],
        candidates=[Choice(name, name, "https://r.example/1")],
        reported=True,
        unreported=f"Contract {name}",
        local=lambda moment: f"{moment:%Y-%m-%d %H:%M} UTC",
        waits=waits,
        reviewed=reviewed,
    )


@given(st.text(max_size=30))
@example(NASTY)
@example("a\n| b |\r\n# c")
def test_pub_7_no_record_and_no_answer_adds_a_line_a_cell_or_a_mark_to_the_page_of_what_is_waited_for(name):
    assert marks(page(name)) == marks(page("x"))


def test_pub_7_the_page_tells_what_was_asked_and_who_answered_what():
    told = page("Telehealth")
    assert "| 1 | 2026-06-12 19:00 UTC | Products, Telehealth | Telehealth | Telehealth |" in told
    assert "| 2 | 2026-06-12 19:00 UTC | User Count | " in told
    assert "| not in Slack yet |" in told
    assert "| 2026-06-12 20:05 UTC | Telehealth | Telehealth | Choose: Telehealth = Telehealth |" in told


@pytest.mark.parametrize(
    ("waits", "way", "other"), [(True, "**Resume**", "**Retry**"), (False, "**Retry**", "**Resume**")]
)
@pytest.mark.parametrize(
    ("reviewed", "done"), [(True, "Completed steps stay completed"), (False, "Nothing was created")]
)
def test_the_page_says_how_it_goes_on_and_what_was_done(waits, way, other, reviewed, done):
    told = page("Telehealth", waits=waits, reviewed=reviewed)
    assert way in told
    assert other not in told
    assert done in told


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("New Business", "Onboarding is checking the records."),
        (None, "Onboarding is checking the records."),
        ("Renewal", "This is a renewal: the run compares the customer's set-up"),
        (" expansion ", "This is an expansion: the customer gets the additional services."),
    ],
)
def test_onb_1_the_notice_of_a_sale_names_what_happens(kind, words):
    sale = with_opportunity(good_sale(), type=kind)
    text = render(
        "announcement.slack",
        sale=sale,
        services=("Learning",),
        opportunity_url="https://s.example",
        run_url="https://p",
    )
    assert words in text
    assert ("Onboarding is checking" in text) is ("checking" in words)
    assert len(text.strip().splitlines()) == 3


# --- addresses in names

LIVE = re.compile(r"(?:https?|ftp)://|www\.", re.IGNORECASE)


@pytest.mark.parametrize("name", ["https://evil.example/log-in", "Acme HTTP://Evil.example", "www.evil.example"])
def test_no_message_and_no_mail_has_a_link_that_a_name_brought(name):
    guest = {"name": name, "role": name}
    texts = [announced, told, digest, lambda one: "".join(asked(one))]
    for text in texts:
        assert len(LIVE.findall(text(name))) == len(LIVE.findall(text("x")))
    mail = render("invitation.txt", account=name, when=name, guests=[guest], attached=False, links={})
    assert not LIVE.search(mail)
    assert LIVE.search(render("invitation.txt", account="x", when="x", guests=[], attached=False, links={"x": name}))
