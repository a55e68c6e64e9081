"""Plan the changes that bring a client's publications in line with its contracts (PUB-2, PUB-5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from rules.common.problems import Problem
from rules.common.records import INACTIVE, Change, Company, Publication
from rules.common.text import join_names, normalize
from rules.contracts.clients import Client
from rules.publications.listing import ListedPublication, Listing, listing, listing_problems
from rules.publications.names import read_as_meant
from rules.publications.requests import PublicationAction, Requested
from rules.publications.review import (
    ALL_TOPIC,
    ENDED,
    RENAMED_TO,
    company_problems,
    is_active,
    missing_names,
    nothing_listed,
    publication_topic,
    rename_problems,
    request_problems,
)
from rules.publications.steps import PublicationLine, PublicationStep, ends, in_order, listed_steps, publication_lines


@dataclass(frozen=True)
class PublicationPlan:
    """The plan for a client's publications.

    Attributes:
        problems: nothing is changed until people have settled them.
        steps: in the order of execution.
        lines: every publication that is listed or in service, by name.
        remarks: notes, a sentence each.
        is_set_up: whether the client is in the LMS.
    """

    problems: tuple[Problem, ...] = ()
    steps: tuple[PublicationStep, ...] = ()
    lines: tuple[PublicationLine, ...] = ()
    remarks: tuple[str, ...] = ()
    is_set_up: bool = True

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change, in the order of execution."""
        return tuple(change for step in self.steps for change in step.changes)


def plan_publications(
    client: Client,
    company: Company | None,
    publications: Sequence[Publication],
    *,
    today: date,
    chosen: Mapping[str, str],
    request: Requested | None = None,
) -> PublicationPlan:
    """Plan the publications of a client (PUB-1 to PUB-3, PUB-5, PUB-7).

    Args:
        client: from Salesforce.
        company: the client in the LMS; None when it has none.
        publications: the company's, in any order.
        today: in the org's time zone.
        chosen: the decisions of sales, by topic.
        request: verified against the contracts before anything is changed.
    """
    if held := _held_up(client, company):
        return held
    assert company is not None
    there = _by_name(publications)
    client, unclear = read_as_meant(client, there, chosen)
    found = listing(client, today)
    misfits = request_problems(request, client, found, there) if request else ()
    if problems := (*misfits, *unclear, *listing_problems(client, found)):
        return PublicationPlan(problems=problems)
    if not found.present:
        remark = f"No signed contract is in force on {today}: nothing is done. "
        return PublicationPlan(remarks=(f"{remark}The end of a contract has its own procedure.",))
    gone = _unlisted(found, publications, today)
    left = [one for one in gone if not _asks(request, PublicationAction.DEACTIVATE, one.name)]
    if left and not found.names and chosen.get(ALL_TOPIC) != ENDED:
        return PublicationPlan(problems=(nothing_listed(left, found),))
    fates = _fates(gone, missing_names(found, there), there, chosen, request)
    if fates.undecided and fates.missing:
        return PublicationPlan(problems=rename_problems(fates.undecided, fates.missing, found))
    there |= fates.renamed
    ended = [one for one in gone if one not in fates.renamed.values()]
    planned = (*listed_steps(client, company, found, there, fates.renamed), *ends(ended, found, today))
    steps = tuple(sorted(planned, key=in_order))
    remarks = (*_remarks(client, found, publications, today), *_already(request, steps))
    return PublicationPlan((), steps, tuple(publication_lines(found, publications, there, steps)), remarks)


def _held_up(client: Client, company: Company | None) -> PublicationPlan | None:
    """Return a plan without steps when the company prevents every change; None otherwise."""
    if company is None and not client.lms_company_id:
        remark = "The client is not set up yet: its onboarding will set up its publications."
        return PublicationPlan(remarks=(remark,), is_set_up=False)
    if problems := company_problems(client, company):
        return PublicationPlan(problems=problems)
    if company and company.status == INACTIVE:
        return PublicationPlan(remarks=(f"The company {company.id} is inactive in the LMS: nothing is done.",))
    return None


def _by_name(publications: Sequence[Publication]) -> dict[str, Publication]:
    """Index publications by normalized name; of two with one name, the one in service counts, then the older."""
    found: dict[str, Publication] = {}
    for one in sorted(publications, key=_age):
        found.setdefault(normalize(one.name), one)
    return found


def _age(one: Publication) -> tuple[bool, int, str]:
    return (not is_active(one), len(one.id), one.id)


class _Fates(NamedTuple):
    """The decisions about publications that no contract lists.

    Attributes:
        renamed: publications by their normalized new names.
        undecided: publications without a decision.
        missing: listed publications that may be their new names, by normalized name.
    """

    renamed: dict[str, Publication]
    undecided: list[Publication]
    missing: dict[str, ListedPublication]


def _fates(
    gone: Sequence[Publication],
    missing: Mapping[str, ListedPublication],
    there: Mapping[str, Publication],
    chosen: Mapping[str, str],
    request: Requested | None,
) -> _Fates:
    """Apply requests and decisions about new names; nothing is guessed (PUB-7)."""
    renamed, undecided = _requested_rename(missing, there, request), []
    for one in gone:
        choice = chosen.get(publication_topic(one), "")
        key = choice.removeprefix(RENAMED_TO)
        if one in renamed.values() or choice == ENDED or _asks(request, PublicationAction.DEACTIVATE, one.name):
            continue
        if choice != key and key in missing and key not in renamed:
            renamed[key] = one
        else:
            undecided.append(one)
    free = {
        key: one
        for key, one in missing.items()
        if key not in renamed and not _asks(request, PublicationAction.SET_UP, one.name)
    }
    return _Fates(renamed, undecided, free)


def _requested_rename(
    missing: Mapping[str, ListedPublication], there: Mapping[str, Publication], request: Requested | None
) -> dict[str, Publication]:
    if request is None or request.action is not PublicationAction.RENAME:
        return {}
    key, old = normalize(request.new_name), there.get(normalize(request.publication))
    return {key: old} if old and key in missing else {}


def _asks(request: Requested | None, action: PublicationAction, name: str) -> bool:
    return request is not None and request.action is action and normalize(request.publication) == normalize(name)


def _unlisted(found: Listing, publications: Sequence[Publication], today: date) -> list[Publication]:
    """Return the publications in service after today that no contract lists."""
    lasting = [one for one in publications if is_active(one) and (one.last_day is None or one.last_day > today)]
    return sorted(
        (one for one in lasting if not found.lists(one.name)), key=lambda one: (normalize(one.name), _age(one))
    )


def _remarks(client: Client, found: Listing, publications: Sequence[Publication], today: date) -> Iterator[str]:
    for one in sorted(client.signed, key=lambda one: (one.start or today, one.id)):
        if one.start and one.start > today and any(normalize(name) not in found.names for name in one.publications):
            yield f"Contract {one.number} begins on {one.start}: what it alone lists is not set up before that day."
    other = [
        one.name for one in publications if is_active(one) and normalize(one.organization) != normalize(client.name)
    ]
    if other:
        yield f"In the LMS the organization of {join_names(sorted(other)[:12])} is not called {client.name}."


def _already(request: Requested | None, steps: Sequence[PublicationStep]) -> Iterator[str]:
    if request is None:
        return
    names = {normalize(request.publication), normalize(request.new_name or request.publication)}
    if not any(normalize(step.name) in names for step in steps):
        yield f"Asked to {request}: that is so already."
