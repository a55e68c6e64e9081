"""Texts for people: what a record says never becomes markup, and nothing that a text needs is left out."""

import re
from dataclasses import replace

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from rules.records import Person
from tasks.templates import picture, render
from tests.rules.csms import choice, csm
from tests.rules.sales import good_sale, with_contact, with_opportunity
from tests.tasks.assignment_texts import chart, message, ranking

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
    assert "\\[x\\](http://evil.example)" in line
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
    assert "Sold by nobody named" in text


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


def marks(markdown):
    """How often each mark stands unescaped; a backslash takes the character after it."""
    bare = re.sub(r"\\.", "", markdown, flags=re.DOTALL)
    return {mark: bare.count(mark) for mark in "`*_[]|#~<>\n\r"}


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
