"""Which of the sold services Customer Success sets up (ONB-2)."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.common.text import join_names, normalize, unique_by_normalized

LEARNING = "Learning"
COMPLIANCE = "Compliance"
CRED_SOFT = "Credentialing Software"
CRED_SERV = "Credentialing Service"
IN_SCOPE = (LEARNING, COMPLIANCE, CRED_SOFT)

_NAMES = {normalize(name): name for name in (*IN_SCOPE, CRED_SERV)}


@dataclass(frozen=True)
class Scope:
    """The part of a sale that is onboarded (ONB-2).

    A sale without any service is neither in scope nor out of scope: the review asks sales for its services.

    Attributes:
        onboarded: the services to set up, in the procedure's order.
        left_out: the other services, as the sale names them.
        reason: a sentence for people.
    """

    onboarded: tuple[str, ...]
    left_out: tuple[str, ...]
    reason: str

    @property
    def out_of_scope(self) -> bool:
        """Whether services were sold and none of them is set up; then nothing is changed."""
        return bool(self.left_out) and not self.onboarded


def scope(services: Iterable[str]) -> Scope:
    """Divide the services sold into those that are onboarded and those left out (ONB-2)."""
    sold = [_NAMES.get(key, name) for key, name in unique_by_normalized(services).items()]
    onboarded = tuple(name for name in IN_SCOPE if name in sold)
    left_out = tuple(name for name in sold if name not in IN_SCOPE)
    return Scope(onboarded, left_out, _reason(onboarded, left_out))


def _reason(onboarded: tuple[str, ...], left_out: tuple[str, ...]) -> str:
    if not onboarded and not left_out:
        return "The opportunity names no services."
    if not onboarded:
        return f"{join_names(left_out)} alone is not set up: only {join_names(IN_SCOPE)} are."
    if left_out:
        return f"Onboarded: {join_names(onboarded)}. Left out, because it is not set up here: {join_names(left_out)}."
    return f"Onboarded: {join_names(onboarded)}."
