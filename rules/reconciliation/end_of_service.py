"""The end of service that a deactivation would plan, for the two sentences about it (REC-2, PUB-4, PUB-5)."""

from dataclasses import dataclass

from rules.contracts.deactivation import Deactivation, EndDateChange, deactivation
from rules.contracts.reactivation import RETURN_TOPIC
from rules.contracts.service_term import Phase, ServiceTerm, determine_term
from rules.reconciliation.client_state import ClientState, Standards


@dataclass(frozen=True)
class PlannedEnd:
    """The term of a client's service today, and the plan of a deactivation."""

    term: ServiceTerm
    plan: Deactivation

    @property
    def is_compared(self) -> bool:
        """Whether the contracts tell the last day, and people need not settle something first.

        While they must, a deactivation ends nothing. The question about the return of a client whom people deactivated
        is another matter: there the systems disagree.
        """
        asked = any(problem.topic != RETURN_TOPIC for problem in self.plan.problems)
        return self.term.agreement is not None and not asked

    @property
    def is_over(self) -> bool:
        """Whether the last day of service is past."""
        return self.term.phase is Phase.ENDED

    @property
    def of_company(self) -> EndDateChange | None:
        """The planned change of the company; None for none."""
        return next((end for end in self.plan.ends if end.kind == "company"), None)

    @property
    def because(self) -> str:
        """The contract that decides, for people."""
        agreement = self.term.agreement
        assert agreement is not None
        return f"since contract {agreement.number} {'ended' if self.is_over else 'ends'} on {agreement.end}"


def planned_end(state: ClientState, standards: Standards) -> PlannedEnd:
    """The plan of a deactivation for a client today (PUB-4, PUB-5)."""
    term = determine_term(state.client, standards.today, standards.windows)
    return PlannedEnd(term, deactivation(state.client, term, state.company, state.publications, state.subscriptions))
