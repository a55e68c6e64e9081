"""What goes wrong with Prefect, by what may be done about it."""


class PrefectError(Exception):
    """Raised when Prefect did not do what it was asked, in the time we had; says why, for the engineer."""


class TransientError(PrefectError):
    """Raised when the same call may succeed in a moment."""


class DownError(TransientError):
    """Raised without a call, while Prefect is known not to answer."""


class OutcomeUnknownError(TransientError):
    """Raised when Prefect may have done what it was asked, but did not say so."""


class MissingError(PrefectError):
    """Raised when what we asked for does not exist in Prefect."""


class ConflictError(PrefectError):
    """Raised when what was to be made exists in Prefect already."""


class LoginError(PrefectError):
    """Raised when Prefect did not let us in."""
