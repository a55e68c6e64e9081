"""A vendor's response as one of our models. What is not as promised is reported by record and field.

Each vendor's `responses.py` holds the models. They are strict: a number is no text, and the text "7" is no number.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from blocks.common.errors import UnexpectedResponse
from blocks.common.masking import masked

_PROBLEMS = {
    "missing": "is missing",
    "string_too_short": "is empty",
    "dict_type": "is not an object",
    "is_instance_of": "is not an object",
    "model_type": "is not an object",
}
"""Problems that pydantic words for programmers; of all others it says what the input should be."""


class Promised(BaseModel):
    """What a vendor promises of a response; anything else in it is dropped."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class CamelCased(Promised):
    """The same of a vendor whose JSON names are in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


M = TypeVar("M", bound=Promised)


def parsed_json(system: str, call: str, content: bytes) -> Any:
    """The body as JSON. Numbers with a fraction become Decimal, which keeps money exact.

    Raises:
        UnexpectedResponse: the body is not JSON.
    """
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UnexpectedResponse(system, f"{call}: the response is not JSON") from None


def read(model: type[M], system: str, call: str, value: Any) -> M:
    """The parsed JSON as a model.

    Args:
        model: the promise.
        system: the vendor, as error messages name it.
        call: the call, as error messages name it.
        value: the response, or a part of it.

    Raises:
        UnexpectedResponse: names the record, the first field that is wrong, and why. It may quote the record's id:
            read within `no_secrets`.
    """
    try:
        return model.model_validate(value)
    except ValidationError as invalid:
        raise UnexpectedResponse(system, f"{call}: {_first_problem(value, invalid)}") from None


def _no_number(_: str) -> NoReturn:
    raise ValueError


def _first_problem(value: Any, invalid: ValidationError) -> str:
    error = invalid.errors(include_url=False)[0]
    words = error["msg"].removeprefix("Value error, ").replace("Input should", "should")
    problem = "is missing" if error["input"] is None and error["loc"] else _PROBLEMS.get(error["type"], words)
    return masked(f"{_place(value, error['loc']) or 'the response'} {problem}")


def _place(value: Any, path: tuple[int | str, ...]) -> str:
    """The field, and the id of the innermost record that holds it: `planAmount of 48213`."""
    fields: list[str] = []
    record = ""
    for step in path:
        number = value.get("id") if isinstance(value, dict) else None
        if number and isinstance(number, int | str):
            fields, record = [], f" of {number}"
        fields.append(str(step))
        value = _inside(value, step)
    return ".".join(fields) + record


def _inside(value: Any, step: int | str) -> Any:
    try:
        return value[step]
    except (LookupError, TypeError):
        return None


def _parsed(parse: Callable[[str], Any], meaning: str) -> BeforeValidator:
    def convert(value: Any) -> Any:
        try:
            return parse(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"is not {meaning}") from None

    return BeforeValidator(convert)


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


Text = Annotated[str, Field(min_length=1)]
"""A text that is not empty."""
Count = Annotated[int, Field(ge=0)]
"""A whole number from 0."""
Amount = Annotated[Decimal, Field(strict=False, allow_inf_nan=False)]
"""Money, written as a text or as a number."""
Day = Annotated[date, _parsed(date.fromisoformat, "a date")]
Moment = Annotated[AwareDatetime, _parsed(datetime.fromisoformat, "a date and time")]
"""A date and time with its offset."""
UtcMoment = Annotated[datetime, _parsed(_utc, "a date and time")]
"""A date and time that is UTC where it names no offset; it becomes UTC."""
