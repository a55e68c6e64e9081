"""What a record says is shown in the dashboard, never obeyed: in a description, in a cell, in a link, on a page."""

import ast
import json
import re
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from tasks.core import artifacts
from tasks.core.artifacts import as_text, move_progress_bar, show_page, show_progress_bar, show_rows, show_table
from tasks.questions.artifacts import HEADING
from tasks.templates import join_markdown, link, plain_markdown, read_back, render
from tests.tasks.marks import marks

ROOT = Path(__file__).parents[3]
PACKAGES = ("blocks", "deployments", "flows", "rules", "tasks", "webhooks")
HOSTILE = [
    "![Acme](https://evil.example/seen.png)",
    "[Your invoice](https://evil.example/log-in)",
    "[Acme][1]",
    "<img src=https://evil.example/seen.png>",
    "<b onclick=alert(1)>Acme</b>",
    "<https://evil.example>",
    "Acme https://evil.example/log-in",
    "HTTP://evil.example",
    "www.evil.example",
    "ftp://evil.example",
    "Acme\n\n# Pay here\n\n![](https://evil.example)",
    "Acme\r| a | b |",
    "&#60;img src=x&#62; &lt;b&gt;",
    "```\nAcme",
    "~~Acme~~ *Acme* __Acme__ `Acme`",
    "Acme\\",
    "Acme \u202etxt.exe \u2066x\u2069 \x00\x07\x1b[31m",
    "- Acme",
    "1. FC Acme",
    "+1 212 555 0142",
]
ORDINARY = [
    "O'Neil & Sons",
    "A. B. (North)",
    "Müller, Ångström & Cía.",
    "Acme @ 42nd, 50%: yes!",
    "ops@acme.example",
    "480.00",
    "-5",
    "+1 212",
]
ADDRESS = re.compile(r"(?:https?|ftp)://|www\.", re.IGNORECASE)
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@cache
def parsed():
    """Every module of ours, as Python reads it."""
    paths = [one for package in PACKAGES for one in (ROOT / package).rglob("*.py")]
    return [(path.relative_to(ROOT), ast.parse(path.read_text())) for path in paths]


def assert_dead(markdown):
    assert marks(markdown) == dict.fromkeys(marks(""), 0)
    assert not ADDRESS.search(markdown)
    assert not UNSEEN.search(markdown)
    assert not re.search(r"&(?!lt;|gt;|amp;)#?\w+;", markdown)
    assert not re.match(r"\s|[-+](?:[-\s]|$)|\d+[.)](?:\s|$)", markdown)


@given(st.text(max_size=60) | st.sampled_from(HOSTILE).flatmap(lambda one: st.text(max_size=5).map(lambda t: t + one)))
@example(HOSTILE[0])
def test_no_text_is_anything_but_text(text):
    assert_dead(as_text(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_dead_and_read_back_as_it_was(text):
    assert_dead(as_text(text))
    unseen = re.compile(r"[\x00-\x1f\u2028\u2029\u202e\u2066\u2069\ufffd ]+")
    assert unseen.sub(" ", read_back(as_text(text))) == unseen.sub(" ", text)


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_name_is_read_as_it_is_even_where_the_dashboard_shows_a_links_text_raw(text):
    assert as_text(text) == text
    assert link(text, "https://acme.example/1") == f"[{text}](https://acme.example/1)"


@given(st.text(max_size=60))
def test_what_was_read_back_is_shown_and_read_back_the_same(text):
    """The page of an account is read, added to and shown again: its lines must be known again."""
    once = read_back(as_text(text))
    assert as_text(once) == as_text(text)
    assert read_back(as_text(once)) == once


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_link_leads_where_we_say_whatever_it_is_called(name, address):
    shown = link(name, f"https://acme.example/{address}")
    words, ending, target = shown.rpartition("](")
    assert ending
    assert marks(words) == marks("[x")
    assert re.fullmatch(r"https://acme\.example/[^\s()<>\[\]]*\)", target)


@pytest.fixture
def made(monkeypatch):
    """What Prefect is given, by the kind of artifact: nothing is sent."""
    found = []

    def taking(kind):
        async def make(*values, **named):
            found.append((kind, values, named))
            return uuid4()

        return make

    for kind in ("acreate_markdown_artifact", "acreate_table_artifact", "acreate_progress_artifact"):
        monkeypatch.setattr(artifacts, kind, taking(kind))
    monkeypatch.setattr(artifacts, "aupdate_progress_artifact", taking("aupdate_progress_artifact"))
    return found


@pytest.mark.parametrize("name", HOSTILE)
async def test_every_artifact_escapes_its_description_and_its_cells(made, name):
    await show_page("# Page", key="k", description=f"{name}: set up")
    row = {"Account": link(name, "https://acme.example/001"), "Said": name, "Count": 3, "Shown": plain_markdown(name)}
    await show_table([row], key="k", description=name)
    await show_progress_bar(f"{name}: 0 of 3", key="progress")
    await move_progress_bar(None, 50.0, f"{name}: 1 of 3", None)
    assert len(made) == 4
    for _, _, named in made:
        assert_dead(named["description"])
    ((_, (rows,), _),) = [one for one in made if one[0] == "acreate_table_artifact"]
    (shown,) = rows
    assert_dead(shown["Said"])
    assert marks(shown["Account"]) == marks("[x](https://acme.example/001)")
    assert marks(shown["Shown"]) == marks("")
    assert shown["Count"] == 3
    json.dumps(rows)


async def test_a_description_may_hold_a_link_of_ours(made):
    said = join_markdown("![x](y) is done.", link("The copy", "https://acme.example/copy"))
    await show_table([], key="k", description=said)
    assert made[0][2]["description"] == "!\\[x\\](y) is done. [The copy](https://acme.example/copy)"
    assert isinstance(said, Markup)


@pytest.mark.parametrize("name", HOSTILE)
async def test_rows_are_shown_as_a_page_whose_links_lead_only_where_we_say(made, name):
    row = {"Account": link(name, "https://acme.example/001"), "Said": name}
    address = await show_rows([row, row], key="k", summary=f"Two rows of {name}")
    assert re.search(r"/v2/artifacts/artifact/[0-9a-f-]{36}$", address)
    ((kind, (text,), _),) = made
    assert kind == "acreate_markdown_artifact"
    plain = {"Account": link("x", "https://acme.example/001"), "Said": "x"}
    expected = render("rows.md", summary="x", chart="", columns=list(plain), rows=[plain, plain])
    assert marks(text) == marks(expected)
    assert not UNSEEN.search(text.replace("\n", ""))


def test_no_other_module_makes_an_artifact():
    """The one place that escapes is the only one there is; the audit reads its page."""
    found = set()
    for path, tree in parsed():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "prefect.artifacts":
                found |= {(str(path), one.name) for one in node.names}
            if isinstance(node, ast.Attribute) and node.attr in ("create_artifact", "update_artifact", "artifacts"):
                found.add((str(path), node.attr))
    assert {at for at, name in found if name != "Artifact"} == {"tasks/core/artifacts.py"}


def test_no_page_puts_a_name_right_before_a_link_of_ours():
    """A name that ends in an exclamation mark would make a picture of it."""
    pages = (ROOT / "tasks" / "templates").glob("*.md.j2")
    assert [one.name for one in pages if re.search(r"\}\}\[", one.read_text())] == []


def test_only_the_templates_make_markup_of_a_text():
    """What is `Markup` is not escaped: elsewhere it is made of nothing but what stands in the code."""
    found = []
    for path, tree in parsed():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Markup":
                found += [path for one in node.args if not isinstance(one, ast.Constant)]
    assert set(map(str, found)) == {"tasks/templates/__init__.py"}
    pages = (ROOT / "tasks" / "templates").glob("*.j2")
    assert [one.name for one in pages if re.search(r"\|\s*safe\b|autoescape", one.read_text())] == []


def test_the_page_of_what_is_waited_for_is_known_by_its_heading():
    page = (ROOT / "tasks" / "templates" / "problems.md.j2").read_text()
    assert page.startswith(HEADING)
