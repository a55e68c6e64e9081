"""Every decision that code or documents cite is on the page of decisions."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
CITED = re.compile(r"\b(?:D|ADR)-\d+\b")


def test_every_cited_decision_is_on_the_page():
    page = (PROJECT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| ((?:D|ADR)-\d+) \|", page, re.MULTILINE))
    cited = {
        decision: file
        for folder in ("flows", "tasks", "rules", "blocks", "webhooks", "deployments", "docs", "tests")
        for file in (PROJECT / folder).rglob("*.*")
        if file.suffix in {".py", ".md", ".j2"}
        for decision in CITED.findall(file.read_text(encoding="utf-8"))
    }
    assert cited, "no decision is cited"
    assert {decision: str(file) for decision, file in cited.items() if decision not in known} == {}


def test_every_record_is_linked():
    folder = PROJECT / "docs" / "decisions"
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert [file.name for file in folder.glob("0*.md") if f"]({file.name})" not in page] == []
