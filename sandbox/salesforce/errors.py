"""How Salesforce says no: an array of messages with an error code."""

from typing import Any


class SalesforceError(Exception):
    """One refusal, in the words and with the code and status of the real service."""

    def __init__(self, code: str, message: str, *, status: int = 400, fields: list[str] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.fields = code, message, status, fields

    def body(self) -> list[dict[str, Any]]:
        """The answer's body of a single call."""
        said: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            said["fields"] = self.fields
        return [said]

    def row(self) -> dict[str, Any]:
        """The same inside a collection's answer, where the code is called statusCode."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or []}


def not_found(message: str = "The requested resource does not exist") -> SalesforceError:
    """404: no such path, object, external id field or record."""
    return SalesforceError("NOT_FOUND", message, status=404)


def malformed_query(message: str) -> SalesforceError:
    """400: the statement is not SOQL as we understand it."""
    return SalesforceError("MALFORMED_QUERY", message)


def json_error(expected: str, value: object) -> SalesforceError:
    """400: a value of the wrong JSON type."""
    kind = {str: "STRING", bool: "BOOLEAN", int: "NUMBER_INT", float: "NUMBER_FLOAT", type(None): "NULL"}
    found = kind.get(type(value), "START_OBJECT" if isinstance(value, dict) else "START_ARRAY")
    return SalesforceError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {expected} from VALUE_{found} value {value} "
        "or request may be missing a required field at [line:1, column:1]",
    )
