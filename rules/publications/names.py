"""Parse the publications of a contract, as sellers write them (PUB-2, PUB-7)."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from rules.common.problems import Choice, Problem, Responsible
from rules.common.text import join_names, normalize, strip
from rules.contracts.clients import Client

FIELD = "Publications"
"""The label of the field on the contract's page."""
LIST_TOPIC = "publications "
"""The beginning of the topic of the question whether a line is one name; the normalized line follows."""
ONE, SEVERAL = "one", "several"
LONGEST_LABEL = 70
"""Characters of a choice: the limit of a Slack button."""

_BETWEEN = re.compile(r"[\r\n;\t\v\f\u2028\u2029]+")
_BULLET = re.compile(r"(?:[•‣◦▪●○■□·➢✓]+\s*|[-*+\u2013\u2014]+(?:\s+|$))+")
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]\s+")
_COMMA = re.compile(r"\s*,(?!\d)\s*|\s*(?<!\d),\s*")


def names_in(written: str | None) -> tuple[str, ...]:
    """Split a text into names by lines and semicolons, without bullets and list numbers."""
    parts = [_BULLET.sub("", strip(part), count=1) if _BULLET.match(strip(part)) else strip(part)
             for part in _BETWEEN.split(written or "")]  # fmt: skip
    plain = [part.rstrip(",").strip() for part in parts]
    return tuple(_without_numbers([part for part in plain if part]))


def read_as_meant(
    client: Client, there: Collection[str], chosen: Mapping[str, str]
) -> tuple[Client, tuple[Problem, ...]]:
    """Split lines with commas; return the client, and a question where a comma may be part of a name.

    Args:
        client: with its contracts.
        there: the normalized names of its publications in the LMS.
        chosen: the decisions of people, by topic.
    """
    agreements = tuple(
        replace(one, publications=tuple(_meant(one.publications, there, chosen))) for one in client.agreements
    )
    problems = tuple(
        problem for one in client.signed for problem in list_problems(one.id, one.publications, there, chosen)
    )
    return replace(client, agreements=agreements), problems


def list_problems(
    contract_id: str, names: Iterable[str], there: Collection[str], chosen: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield a question for each line with commas that may be one name or several (PUB-7)."""
    for name in names:
        parts = _parts(name)
        if len(parts) > 1 and not _decided(name, parts, there, chosen):
            yield Problem(
                *(Responsible.SALES, "Contract", contract_id, FIELD),
                f"{_shortened(name)} on one line",
                f"Choose whether that is one name or {len(parts)}. Or enter each publication on a line of its own.",
                "PUB-7",
                topic=_topic(name),
                choices=(
                    Choice(SEVERAL, _shortened(f"They are {len(parts)}: {join_names(parts)}")),
                    Choice(ONE, _shortened(f"It is one: {name}")),
                ),
            )


def _meant(names: Iterable[str], there: Collection[str], chosen: Mapping[str, str]) -> Iterator[str]:
    for name in names:
        parts = _parts(name)
        yield from parts if _decided(name, parts, there, chosen) == SEVERAL else (name,)


def _decided(name: str, parts: Collection[str], there: Collection[str], chosen: Mapping[str, str]) -> str:
    """Return whether a line is one name or several, from the LMS or a decision; "" when unknown."""
    if normalize(name) in there:
        return ONE
    if parts and all(normalize(part) in there for part in parts):
        return SEVERAL
    return chosen.get(_topic(name), "")


def _parts(name: str) -> list[str]:
    return [part for part in map(str.strip, _COMMA.split(name)) if part]


def _topic(name: str) -> str:
    return f"{LIST_TOPIC}{normalize(name)}"[:200]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def _without_numbers(parts: list[str]) -> list[str]:
    """Remove list numbers if the lines are numbered 1, 2, 3 …; a name may begin with another number."""
    found = [_NUMBER.match(part) for part in parts]
    if [int(one[1]) for one in found if one] != list(range(1, len(parts) + 1)):
        return parts
    return [_NUMBER.sub("", part, count=1) for part in parts]
