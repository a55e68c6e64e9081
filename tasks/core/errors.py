"""What a step raises when no system is at fault."""


class BadInput(ValueError):
    """Raised when the parameters do not make sense together; the message is for the person who entered them."""
