"""A page of the workspace, read as a browser reads it."""

from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

_EMPTY = ("meta", "link", "input", "hr", "br")


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tree = TreeBuilder()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in _EMPTY:
            self.tree.end(tag)
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} ends where it was not the last that began"
        self.tree.end(tag)

    def handle_data(self, data):
        if self.open:
            self.tree.data(data)


def read(page: str, part: str) -> Element:
    """The element of a page with this id; every element of the page is closed where it should be."""
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    found = reader.tree.close().find(f".//*[@id='{part}']")
    assert found is not None, f"no {part} in {page}"
    return found
