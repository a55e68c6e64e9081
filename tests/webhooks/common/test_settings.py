import httpx
import pytest
from pydantic import ValidationError

from tests.webhooks.messages import ORGANIZATION
from webhooks.common.settings import Settings
from webhooks.runs.prefect_api import prefect_client

TOKEN = "a-token-of-24-characters"
NEEDED = {"RECEIVER_TOKEN": TOKEN, "RECEIVER_BEARER": TOKEN, "RECEIVER_ORGANIZATION_ID": ORGANIZATION[:15]}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The least that must be set, and nothing else."""
    for name in ("PREFECT_API_URL", "RECEIVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_three_variables_are_enough(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RECEIVER_HMAC_SECRET", "")
    environment.setenv("RECEIVER_ACTION_IDS", "")
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8710)
    assert settings.deployment == "onboarding/onboarding"
    assert settings.publications_deployment == "publications/publications"
    assert settings.transition_deployment == "account-transition/account-transition"
    assert settings.prefect_api_url == "http://127.0.0.1:4200/api"
    assert settings.max_body == 1_048_576
    assert settings.won_stages == {"closed won"}
    assert settings.patience == 5
    assert settings.organization_id == ORGANIZATION
    assert settings.hmac_secret is None
    assert settings.action_ids == frozenset()


def test_prefect_is_found_where_prefects_own_variables_say(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PREFECT_API_URL", "https://prefect.example.com/api")
    environment.setenv("PREFECT_API_AUTH_STRING", "admin:pass")
    client = prefect_client(Settings())
    assert str(client.base_url) == "https://prefect.example.com/api/"
    signed = next(client.auth.auth_flow(httpx.Request("GET", client.base_url))) if client.auth else None
    assert signed is not None
    assert signed.headers["Authorization"] == "Basic YWRtaW46cGFzcw=="


def test_action_ids_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RECEIVER_ACTION_IDS", "04k000000000001, 04k000000000002AAA")
    assert Settings().action_ids == {"04k000000000001AAA", "04k000000000002AAA"}


def test_the_stages_of_a_won_sale_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RECEIVER_WON_STAGES", "Closed Won, Gewonnen ")
    assert Settings().won_stages == {"closed won", "gewonnen"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RECEIVER_TOKEN", "a-token-of-23-character"),
        ("RECEIVER_BEARER", "short"),
        ("RECEIVER_HMAC_SECRET", "short"),
        ("RECEIVER_ORGANIZATION_ID", "001000000000001AAA"),
        ("RECEIVER_ACTION_IDS", "04k000000000001,nonsense"),
        ("RECEIVER_DEPLOYMENT", "onboarding"),
        ("RECEIVER_PUBLICATIONS_DEPLOYMENT", "publications"),
        ("RECEIVER_TRANSITION_DEPLOYMENT", "account-transition"),
        ("RECEIVER_PORT", "70000"),
        ("RECEIVER_WON_STAGES", " , "),
        ("PREFECT_API_URL", "prefect:4200"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_without_being_shown(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (fault,) = refused.value.errors()
    assert name.removeprefix("RECEIVER_").lower() in str(fault["loc"][0]).lower()
    assert f"input_value={value!r}" not in str(refused.value)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_setting_that_is_needed_is_asked_for(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(ValidationError, match="Field required"):
        Settings()


def test_no_secret_is_shown_with_the_settings(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RECEIVER_HMAC_SECRET", TOKEN)
    environment.setenv("PREFECT_API_AUTH_STRING", TOKEN)
    assert TOKEN not in repr(Settings())
