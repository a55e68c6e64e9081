"""The steps of a publication plan, and their table for people (PUB-2, PUB-5)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.common.records import INACTIVE, Change, Company, Publication
from rules.common.text import join_names, normalize
from rules.contracts.clients import Client
from rules.publications.listing import ListedPublication, Listing, details_text
from rules.publications.requests import PublicationAction
from rules.publications.review import is_active

NEW_PUBLICATION = "Publication (new)"
_ORDER = (
    PublicationAction.RENAME,
    PublicationAction.REACTIVATE,
    PublicationAction.UPDATE,
    PublicationAction.SET_UP,
    PublicationAction.DEACTIVATE,
)
"""A rename frees a name before another publication is set up; ends come last."""
_DONE = {
    PublicationAction.SET_UP: "set up",
    PublicationAction.RENAME: "renamed",
    PublicationAction.UPDATE: "updated",
    PublicationAction.DEACTIVATE: "deactivated",
    PublicationAction.REACTIVATE: "reactivated",
}


@dataclass(frozen=True)
class PublicationStep:
    """One action on one publication.

    Attributes:
        name: the publication's name afterwards.
        there: from the LMS; None when it is set up.
        listed: from the contracts; None when no contract lists it.
        last_day: of its service, for a deactivation.
        reason: for the LMS, for a deactivation.
        why: the explanation for people.
        changes: field by field.
    """

    action: PublicationAction
    name: str
    there: Publication | None
    listed: ListedPublication | None
    last_day: date | None
    reason: str
    why: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class PublicationLine:
    """The state of a publication before and after the plan, for people."""

    name: str
    before: str
    after: str
    why: str
    contracts: str


def done(steps: Sequence[PublicationStep]) -> str:
    """Count the steps by action: `2 set up, 1 renamed`; "" for none."""
    count = Counter(step.action for step in steps)
    return ", ".join(f"{count[action]} {word}" for action, word in _DONE.items() if count[action])


def in_order(step: PublicationStep) -> tuple[int, str, str]:
    """Sort key: the order of execution."""
    return (_ORDER.index(step.action), normalize(step.name), step.there.id if step.there else "")


def listed_steps(
    client: Client,
    company: Company,
    found: Listing,
    there: Mapping[str, Publication],
    renames: Mapping[str, Publication],
) -> Iterator[PublicationStep]:
    """Yield the steps for the publications that contracts list.

    Args:
        client: the client.
        company: the client in the LMS.
        found: the publications of the contracts.
        there: the publications in the LMS, by their normalized names after the plan.
        renames: those that have another name now.
    """
    for key, one in found.names.items():
        publication = there.get(key)
        if publication is None:
            yield _set_up(client, one)
            continue
        if key in renames:
            yield _rename(publication, one)
        if _is_cut_short(publication, one, company):
            yield _reactivate(publication, one)
        if not has_details(publication.details, one.details):
            yield _update(publication, one)


def has_details(present: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Whether the LMS has these details, among others (PUB-2)."""
    return all(name in present and present[name] == value for name, value in expected.items())


def _is_cut_short(publication: Publication, one: ListedPublication, company: Company) -> bool:
    """Whether its service ends before its contract, and not with the company's service (PUB-5)."""
    last_day = publication.last_day
    if not is_active(publication):
        return True
    return last_day is not None and last_day < (one.until or date.max) and last_day != company.last_day


def _set_up(client: Client, one: ListedPublication) -> PublicationStep:
    changes = (
        Change("LMS", NEW_PUBLICATION, "Organization Name", "", client.name, "PUB-2"),
        Change("LMS", NEW_PUBLICATION, "Publication Name", "", one.name, "PUB-2"),
        Change("LMS", NEW_PUBLICATION, f"Details of {one.name}", "", details_text(one.details), "PUB-2"),
    )
    return PublicationStep(
        PublicationAction.SET_UP, one.name, None, one, None, "", "listed, and not in the LMS", changes
    )


def _rename(there: Publication, one: ListedPublication) -> PublicationStep:
    change = Change("LMS", f"Publication {there.id}", "Publication Name", there.name, one.name, "PUB-5")
    return PublicationStep(
        PublicationAction.RENAME, one.name, there, one, None, "", f"renamed from {there.name}", (change,)
    )


def _update(there: Publication, one: ListedPublication) -> PublicationStep:
    before = {name: there.details[name] for name in one.details if name in there.details}
    texts = details_text(before), details_text(one.details)
    change = Change("LMS", f"Publication {there.id}", f"Details of {one.name}", *texts, "PUB-5")
    return PublicationStep(
        PublicationAction.UPDATE, one.name, there, one, None, "", "its details in the contract have changed", (change,)
    )


def _reactivate(there: Publication, one: ListedPublication) -> PublicationStep:
    change = Change("LMS", f"Publication {there.id}", f"Status of {one.name}", state(there), "active", "PUB-5")
    return PublicationStep(
        PublicationAction.REACTIVATE,
        one.name,
        there,
        one,
        None,
        "",
        "listed, but its service ends too early",
        (change,),
    )


def ends(gone: Sequence[Publication], found: Listing, today: date) -> Iterator[PublicationStep]:
    """Yield the end of publications that no contract lists any more; today is their last day (PUB-5)."""
    reason = f"Not in the contract any more ({join_names(sorted(one.number for one in found.present))})"[:255]
    for one in gone:
        until = f"active until {today}"
        change = Change("LMS", f"Publication {one.id}", f"Status of {one.name}", state(one), until, "PUB-5")
        yield PublicationStep(
            PublicationAction.DEACTIVATE, one.name, one, None, today, reason, "no contract lists it any more", (change,)
        )


def state(publication: Publication) -> str:
    """Return the state of a publication for people."""
    if not is_active(publication):
        return INACTIVE
    return f"active until {publication.last_day}" if publication.last_day else "active"


def publication_lines(
    found: Listing,
    publications: Sequence[Publication],
    there: Mapping[str, Publication],
    steps: Sequence[PublicationStep],
) -> Iterator[PublicationLine]:
    """Yield a line for every publication that is listed or in service."""
    for key in sorted(found.names):
        one, publication = found.names[key], there.get(key)
        own = [step for step in steps if step.listed is one]
        before = "not there" if publication is None else state(publication)
        after = (
            "active"
            if any(step.action in (PublicationAction.SET_UP, PublicationAction.REACTIVATE) for step in own)
            else before
        )
        why = "; ".join(step.why for step in own) or "in line"
        yield PublicationLine(one.name, before, after, why, one.contracts)
    for step in steps:
        if step.action is PublicationAction.DEACTIVATE and step.there:
            yield PublicationLine(step.name, state(step.there), f"active until {step.last_day}", step.why, "none")
    for one_kept in sorted(publications, key=lambda one: normalize(one.name)):
        if normalize(one_kept.name) in found.kept and is_active(one_kept):
            standing = state(one_kept)
            yield PublicationLine(one_kept.name, standing, standing, "listed by a contract that follows", "a later one")
