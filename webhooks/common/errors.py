"""Failures of calls to Prefect, by what the caller may do about them."""


class PrefectError(Exception):
    """Raised when Prefect did not do what was asked within the deadline; the message says why, for an engineer."""


class TransientError(PrefectError):
    """Raised when the same call may succeed a moment later."""


class OutcomeUnknownError(TransientError):
    """Raised when Prefect may have done what was asked, but the answer was lost."""


class MissingError(PrefectError):
    """Raised when the object does not exist in Prefect."""


class ConflictError(PrefectError):
    """Raised when the object to create already exists in Prefect."""


class LoginError(PrefectError):
    """Raised when Prefect refused our credentials."""
