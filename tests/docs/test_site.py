"""The docs as a site: built strictly, without another host, and with what GitHub shows."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from tests.docs.ends_table import PROJECT

SHAPES = ("h1", "h2", "h3", "p", "ul", "ol", "li", "table", "tr", "td", "pre", "code", "strong", "em", "img")
PAGES = [*sorted((PROJECT / "docs").rglob("*.md")), PROJECT / "CONTRIBUTING.md"]
GOOD = {"index": "# Start\n\n[Other](other.md#part)\n", "other": "# Other\n\n## Part\n"}
MENU = [{"Start": "index.md"}, {"Other": "other.md"}]


class Shapes(HTMLParser):
    """Counts the elements of a page."""

    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def handle_starttag(self, tag, _attributes):
        if tag in SHAPES:
            self.counts[tag] += 1


def shapes(html):
    parser = Shapes()
    parser.feed(html)
    return parser.counts


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole site."""
    folder = tmp_path_factory.mktemp("site")
    build(load_config(str(PROJECT / "mkdocs.yml"), site_dir=str(folder)))
    return folder


def html_of(site, page):
    path = page.relative_to(PROJECT).as_posix().removeprefix("docs/")
    return site / re.sub(r"README\.html$", "index.html", path.removesuffix(".md") + ".html")


def small_site(tmp_path, *, menu=MENU, **files):
    """Build a site of a few pages with the project's settings; a page is named without its `.md`."""
    docs = tmp_path / "docs"
    (docs / "folder").mkdir(parents=True)
    for name, text in {**GOOD, **files}.items():
        (docs / f"{name}.md").write_text(text, encoding="utf-8")
    site = tmp_path / "site"
    own = {"docs_dir": str(docs), "site_dir": str(site), "nav": menu, "theme": "mkdocs"}  # a theme with few files
    build(load_config(str(PROJECT / "mkdocs.yml"), **own))
    return site


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_has_the_lists_tables_and_pictures_that_github_shows(site, page):
    article = html_of(site, page).read_text(encoding="utf-8").partition("<article")[2].partition("</article>")[0]
    on_github = MarkdownIt("gfm-like").disable("linkify").render(page.read_text(encoding="utf-8"))
    assert shapes(article) == shapes(on_github)


def test_no_page_loads_anything_from_another_host(site):
    loaded = re.compile(r"""<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>""")
    pages = {file.name: loaded.findall(file.read_text(encoding="utf-8")) for file in site.rglob("*.html")}
    assert len(pages) > 20
    assert {name: found for name, found in pages.items() if found} == {}
    styles = [file.read_text(encoding="utf-8") for file in site.rglob("*.css")]
    assert [text for text in styles if re.search(r"(@import|url\()\s*[\"']?(https?:)?//", text)] == []


def test_the_search_finds_every_card_of_the_runbook(site):
    index = (site / "search/search_index.json").read_text(encoding="utf-8")
    assert '"location":"runbook.html#out-of-sync"' in index
    assert '"location":"runbook-check.html#work-pool"' in index


def test_a_link_out_of_the_docs_leads_to_the_same_file_in_the_site(site):
    assert 'href="repository/deployments/Permissions.xlsx"' in (site / "operations.html").read_text(encoding="utf-8")
    copy = site / "repository/deployments/Permissions.xlsx"
    assert copy.read_bytes() == (PROJECT / "deployments/Permissions.xlsx").read_bytes()
    assert 'href="CONTRIBUTING.html"' in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", [file for file in PAGES if file.parent.name != "decisions"], ids=lambda page: page.stem
)
def test_every_link_out_of_the_docs_leads_to_a_file_of_the_repository(page):
    links = re.findall(r"\]\(((?:\.\./)+[^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).resolve().is_file()] == []


def test_a_site_without_a_mistake_builds(tmp_path):
    assert (small_site(tmp_path) / "other.html").is_file()


def test_a_folder_in_the_menu_stands_for_its_pages_and_an_empty_one_is_no_menu(tmp_path):
    menu = [*MENU, {"Empty": ["nothing/*"]}, {"Filled": ["folder/*"]}]
    text = (small_site(tmp_path, menu=menu, **{"folder/one": "# One\n"}) / "index.html").read_text(encoding="utf-8")
    assert ("Empty" in text, "Filled" in text, 'href="folder/one.html"' in text) == (False, True, True)


@pytest.mark.parametrize(
    "fault",
    [
        {"index": "# Start\n\n[Nowhere](nowhere.md)\n"},
        {"index": "# Start\n\n[Other](other.md#no-such-part)\n"},
        {"index": "# Start\n\n[Out](../flows/nowhere.py)\n"},
        {"index": "# Start\n\n[Up](/runbook.md)\n"},
        {"index": "# Start\n\n![Picture](images/nowhere.png)\n"},
        {"new": "# In no menu\n"},
        {"menu": [*MENU, {"Missing": "missing.md"}]},
    ],
    ids=["page", "heading", "file of the repository", "absolute link", "picture", "in no menu", "missing page"],
)
def test_a_mistake_fails_the_build(tmp_path, fault):
    with pytest.raises(Abort, match="with 1 warning"):
        small_site(tmp_path, **fault)


def test_the_address_of_each_heading_is_the_same_on_github(site):
    for name in ("runbook", "runbook-check", "operations", "procedures"):
        text = (PROJECT / f"docs/{name}.md").read_text(encoding="utf-8")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        on_github = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        assert re.findall(r'<h2 id="([^"]+)"', html) == on_github


def test_the_menus_name_no_page_twice():
    nav = yaml.safe_load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    pages = re.findall(r"[\w/-]+\.md", str(nav))
    assert len(pages) == len(set(pages))
    assert all((PROJECT / "docs" / page).is_file() or Path(PROJECT / page).is_file() for page in pages)
