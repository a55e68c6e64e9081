"""Texts for people: what a record says never becomes markup, and nothing that a text needs is left out."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from tasks.templates import render
from tests.rules.sales import good_sale, with_opportunity

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
