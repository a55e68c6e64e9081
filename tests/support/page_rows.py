"""The rows of a page, as `show_rows` makes them: by the name of the column, in Markdown."""

import re


def rows_of(page: str) -> list[dict[str, str]]:
    """The rows of the first table of a page, with the hyphens of dates as they were."""
    lines = [line.replace("\u2011", "-") for line in page.splitlines() if line.startswith("|")]
    if not lines:
        return []
    head, _, *rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]
