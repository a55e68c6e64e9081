"""Errors of calls to vendors, named by who must act (D-3).

Messages say what happened, where, and what to do next. The dashboard shows them, so they never contain a credential,
a request body or a whole URL.
"""


class VendorError(Exception):
    """A vendor's system did not do what we asked.

    Attributes:
        system: `Salesforce`, `LMS`, `Recurly`, `Slack`, `Outreach`, `Mail`.
        code: the vendor's own error code, "" when it sent none.
        status: the HTTP status, 0 when there was no response.
        fields: the vendor's message per field, where it names fields.
        details: plain values that a caller needs for its decision (`companyId`, `holder`).
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
    """Raised when the vendor is down, busy or did not answer. Only this error is retried.

    Attributes:
        retry_after: seconds the vendor asked us to wait, or None.
        outcome_unknown: the request may have been processed although the response was lost.
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
    """Raised when the vendor refuses a request: a person must change a record or a right, then press Retry."""


class RecordMissing(VendorRefused):
    """Raised when the record of a procedure is missing: it was deleted, or we may not see it."""


class CredentialsRejected(VendorRefused):
    """Raised when the vendor does not accept our credentials or rights: the engineer must edit the block."""


class UnexpectedResponse(VendorError):
    """Raised when a response is not as the vendor promised (HTML, truncated JSON, a missing field)."""
