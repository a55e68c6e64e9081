"""Drift of the publications of a client (REC-2, PUB-2, PUB-5)."""

from collections.abc import Iterator

from rules.publications.plan import plan_publications
from rules.publications.steps import PublicationStep
from rules.reconciliation.client_state import LMS, ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import update_publications
from rules.reconciliation.service import served_company


@sentence("Each client has the publications that its contracts in force list.", needs=(LMS,))
def publications_follow_contracts(state: ClientState, standards: Standards) -> Iterator[Offender]:
    """Yield each step that the publications still need (PUB-2, PUB-5).

    Nothing while sales must settle a question about them: their run asks it, and changes nothing until then.
    """
    if company := served_company(state):
        plan = plan_publications(state.client, company, state.publications, today=standards.today, chosen={})
        for step in plan.steps:
            yield _offender(state, company.id, step)


def _offender(state: ClientState, company_id: str, step: PublicationStep) -> Offender:
    change, repair = step.changes[0], update_publications(state)
    if step.there is None:
        return Offender(f"Company {company_id}", f"Publication {step.name}", "not there", f"set up: {step.why}", repair)
    return Offender(change.record, change.field, change.before or "empty", f"{change.after}: {step.why}", repair)
