"""Slack's markup, as its documentation describes it, in HTML."""

import re
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.mrkdwn import mrkdwn, plain

NAMES = {"U1": "@Pat <Lee>", "C1": "#sales"}
LINK = "target='_blank' rel='noopener noreferrer'"
MENTION = "<span class='mention'>"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("*bold* _italic_ ~strike~", "<b>bold</b> <i>italic</i> <s>strike</s>"),
        ("_*both*_ *_both_*", "<i><b>both</b></i> <b><i>both</i></b>"),
        ("Service_Level__c and 2 * 3 * 4", "Service_Level__c and 2 * 3 * 4"),
        ("a*b*c * d* *e\nf*", "a*b*c * d* *e\nf*"),
        ("`*code* <x> &amp;`", "<code>*code* &lt;x&gt; &amp;</code>"),
        ("```\n*a*\n> b```", "<pre>*a*\n&gt; b</pre>"),
        ("a\n> b\n>c\nd", "a<blockquote>b\nc</blockquote>d"),
        ("&gt; b", "<blockquote>b</blockquote>"),
        ("- one\n- two\n1. three", "- one\n- two\n1. three"),
        ("Smith &amp; Sons &lt;x&gt;", "Smith &amp; Sons &lt;x&gt;"),
        ("Smith & Sons", "Smith &amp; Sons"),
        ("&amp;lt;", "&amp;lt;"),
        ("<http://x.org/a_b_?d=1&amp;e=2|x &amp; y>", f"<a href='http://x.org/a_b_?d=1&amp;e=2' {LINK}>x &amp; y</a>"),
        ("*<https://x.org|x>*", f"<b><a href='https://x.org' {LINK}>x</a></b>"),
        ("<https://x.org>", f"<a href='https://x.org' {LINK}>https://x.org</a>"),
        ("<javascript:alert(1)|x>", "&lt;x&gt;"),
        ("<@U1> in <#C1>", f"{MENTION}@Pat &lt;Lee&gt;</span> in {MENTION}#sales</span>"),
        ("<@U9> <@U9|sam> <#C9|old>", f"{MENTION}@U9</span> {MENTION}@sam</span> {MENTION}#old</span>"),
        ("<!here> <!channel>", f"{MENTION}@here</span> {MENTION}@channel</span>"),
        ("<|x> <> <", "&lt;x&gt; &lt;&gt; &lt;"),
        (":tada: :wave: :x: at 14:03:11 :unheard_of:", "🎉 👋 ❌ at 14:03:11 :unheard_of:"),
    ],
)  # fmt: skip
def test_markup_is_shown_as_slack_shows_it(written, shown):
    assert mrkdwn(written, NAMES) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<!date^1796108460^on {date_short} at {time}|at 07:01 UTC>", "on Dec 1, 2026 at 02:01"),
        ("<!date^1796108460^{date_pretty}|at 11:01 UTC>", "at 11:01 UTC"),
        ("<!date^soon^{time}|soon>", f"{MENTION}soon</span>"),
    ],
)
def test_a_moment_is_shown_in_the_time_zone_of_its_reader(written, shown):
    assert mrkdwn(written, NAMES, ZoneInfo("America/New_York")) == shown


def test_every_emoji_of_our_messages_is_shown():
    templates = (Path(__file__).parents[2] / "tasks" / "templates").glob("*.slack.j2")
    used = {name for path in templates for name in re.findall(r":[a-z_]+:", path.read_text())}
    assert len(used) > 10
    assert [name for name in used if plain(name) == name] == []


def test_a_plain_text_has_emoji_and_no_markup():
    assert plain(":bell: *a* <@U1> &amp; `b`") == "🔔 *a* &lt;@U1&gt; &amp; `b`"


class Reader(HTMLParser):
    """What a browser makes of it: the tags, and the addresses of links."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links = set(), []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name not in ("class", "target", "rel")]


PIECES = [
    "<",
    ">",
    "&",
    "&lt;",
    "&gt;",
    "*",
    "_",
    "~",
    "`",
    "```",
    "|",
    "@",
    "U1",
    "#",
    "!",
    "\n",
    " ",
    "'",
    '"',
    ":x:",
]
PIECES += ["javascript:", "https://x", "script", "img onerror=", "\ue000", "\ue001", "0", "ä"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_text_brings_markup_of_its_own(written):
    seen = Reader(mrkdwn(written, NAMES))
    assert seen.tags <= {"b", "i", "s", "code", "pre", "blockquote", "a", "span"}
    assert all(link.startswith("https://x") for link in seen.links)
