"""A Prefect that asks for credentials and CSRF tokens, whose tokens end soon, and whose key is not in its database."""

from cryptography.fernet import Fernet

from deployments.stack.settings import StackSettings

AUTH = "admin:a-long-pass-word"
TOKENS_END = 15
"""Seconds. By default tokens end after an hour."""
GUARDED = {
    "PREFECT_SERVER_API_AUTH_STRING": AUTH,
    "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
    "PREFECT_SERVER_API_CSRF_TOKEN_EXPIRATION": f"PT{TOKENS_END}S",
    "PREFECT_SERVER_ENCRYPTION_KEY": Fernet.generate_key().decode(),
}
"""The settings of the server."""
CREDENTIALS = {"PREFECT_API_AUTH_STRING": AUTH}
"""The settings of everybody else."""


def clients() -> dict[str, str]:
    """The settings that a stack gives to the clients of such a server."""
    settings = StackSettings(PREFECT_SERVER_API_AUTH_STRING=AUTH, PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED=True)
    return settings.client_environment | CREDENTIALS
