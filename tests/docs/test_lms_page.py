"""docs/going-live/lms.md, the page for the LMS team, agrees with the document and the checks."""

import re
from pathlib import Path

from deployments.contract.document import Contract
from deployments.contract.suite import all_checks

PROJECT = Path(__file__).parents[2]
CONTRACT = Contract()


def test_the_page_for_the_lms_team_has_every_call_and_the_number_of_checks():
    page = (PROJECT / "docs/going-live/lms.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z]+ /[^`]+)` \|", page, re.MULTILINE)
    assert rows == [one.name for one in CONTRACT.operations.values()]
    assert f"API of {len(rows)} calls" in page
    assert f"each of {len(all_checks(CONTRACT))} checks" in page
    assert f"({CONTRACT.operations['signUp'].place})" in page
