"""What can go wrong in a vendor's answer, named by who must act (D-3).

Messages say what happened, where, and what to do next; they never hold a credential, a request body or a
whole URL, since they are shown in the dashboard.
"""


class VendorError(Exception):
    """A vendor's system did not do what it was asked.

    Attributes:
        system: `Salesforce`, `LMS`, `Recurly`, `Slack`, `Outreach`, `Mail`.
        code: the vendor's own error code, "" when it sent none.
        status: the HTTP status, 0 when there was no answer.
        fields: the vendor's words per field, where it names fields.
        details: further plain values of the error that a caller decides on (`companyId`, `holder`).
    """

    def __init__(
        self,
        system: str,
        message: str,
        *,
        code: str = "",
        status: int = 0,
        fields: dict[str, str] | None = None,
        details: dict[str, object] | None = None,
    ) -> None:
        super().__init__(f"{system}: {message}")
        self.system, self.code, self.status = system, code, status
        self.fields, self.details = fields or {}, details or {}


class VendorUnavailable(VendorError):
    """Raised when the vendor is down, busy or did not answer: the only kind that is retried.

    Attributes:
        retry_after: seconds the vendor asked us to wait, or None.
        outcome_unknown: the request may have been processed although the answer was lost.
    """

    def __init__(
        self,
        system: str,
        message: str,
        *,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        code: str = "",
        status: int = 0,
    ) -> None:
        super().__init__(system, message, code=code, status=status)
        self.retry_after, self.outcome_unknown = retry_after, outcome_unknown


class VendorRefused(VendorError):
    """Raised when the vendor understood and said no: a person must change a record or a right, then Retry."""


class RecordMissing(VendorRefused):
    """Raised when the record that a procedure is about is not there: it was deleted, or we may not see it."""


class CredentialsRejected(VendorRefused):
    """Raised when the vendor does not accept our credentials or rights: the engineer must edit the block."""


class UnexpectedResponse(VendorError):
    """Raised when an answer is not what the vendor promised (HTML, truncated JSON, a missing field)."""
