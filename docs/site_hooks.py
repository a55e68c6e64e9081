"""What mkdocs.yml cannot say: menus of whole folders, links out of `docs/`, and lists as GitHub reads them.

A link out of `docs/` works on GitHub because it is a path in the repository. In the site it leads to a copy of the
file, so that the site needs no address of a repository.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

COPIES = "repository"
"""The folder of the site with copies of files of the repository."""
PAGES = ("CONTRIBUTING.md", "CHANGELOG.md")
"""Documents of the top level that are pages of the site."""
_LINK = re.compile(r"(?<=\]\()(?:\.\./)+[^)\s#]+")


class _Indents(Extension):
    """What stands in a list is indented by two or three spaces, not by four."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        md.tab_length = 2
        md.build_parser()  # its parts read the length when they are made


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put each page of a folder `folder/*` into the menu, without empty menus; name headings as GitHub does."""
    docs = Path(config.docs_dir)
    config.nav = [menu for menu in (_expanded(menu, docs) for menu in config.nav or []) if menu]
    config.markdown_extensions.insert(0, _Indents())  # type: ignore[arg-type]  # extensions are names or objects
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")
    return config


def _expanded(entry: Any, docs: Path) -> Any:
    """An entry of the menu with the pages that its folders have; None if it has none."""
    if isinstance(entry, dict):
        ((title, content),) = entry.items()
        expanded = _expanded(content, docs)
        return {title: expanded} if expanded else None
    if isinstance(entry, list):
        return [page for each in entry for page in _pages(each, docs)]
    return entry


def _pages(entry: Any, docs: Path) -> list[Any]:
    if isinstance(entry, str) and entry.endswith("/*"):
        return sorted(
            file.relative_to(docs).as_posix() for file in docs.glob(f"{entry}.md") if file.name != "README.md"
        )
    expanded = _expanded(entry, docs)
    return [expanded] if expanded else []


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents of the top level, and every file of the repository that a page links to."""
    root = Path(config.docs_dir).parent
    linked = {link for file in files.documentation_pages() for link in _links_out(file)}
    for path in (*(page for page in PAGES if (root / page).is_file()), *sorted(linked - set(PAGES))):
        if (root / path).is_file():  # a link to anything else is broken: the build says so
            uri = path if path in PAGES else f"{COPIES}/{path}"
            files.append(File.generated(config, uri, abs_src_path=str(root / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Lead each link out of `docs/` to the copy of its file."""

    def led(link: re.Match[str]) -> str:
        target = _out_of_docs(link[0], page.file.src_uri)
        copy = target if target in PAGES else f"{COPIES}/{target}"
        known = target and files.get_file_from_path(copy)
        return posixpath.relpath(copy, posixpath.dirname(page.file.src_uri) or ".") if known else link[0]

    return _LINK.sub(led, markdown)


def _links_out(file: File) -> set[str]:
    targets = (_out_of_docs(link, file.src_uri) for link in _LINK.findall(file.content_string))
    return {target for target in targets if target}


def _out_of_docs(link: str, page: str) -> str:
    """The path in the repository of a link out of `docs/`; "" for a link within."""
    target = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    return "" if target.startswith(("docs/", "../")) else target
