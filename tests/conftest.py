"""What every test shares: a Prefect of its own, never the developer's."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.closing import hire
from tests.support.ports import free_port
from tests.support.prefect_server import PrefectServer
from tests.support.sampling import SHARE, left_out
from tests.support.stack import StackProcess, running_stack

pytest_plugins = ["tests.support.orgs", "tests.support.procedures"]

# The time of an example shows how busy the machine is, nothing about the code. `make test-long` takes the long profile.
settings.register_profile("usual", max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("usual"), max_examples=200)
settings.load_profile("usual")

LEFT_OUT = left_out()
AUTHORITY = str(Path(__file__).parents[1] / "deployments" / "no_authority.pem")

# Prefect reads its settings when first imported, so the test server's place is settled before that.
# A test that calls Prefect without asking for the server is refused the connection.
HOME = Path(tempfile.mkdtemp(prefix="prefect-tests-"))
PORT = free_port()
os.environ |= {
    "PREFECT_HOME": str(HOME),
    "PREFECT_API_URL": f"http://127.0.0.1:{PORT}/api",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # As in the stack: the server is of the same version and asks for no CSRF token. Each client saves a call or two.
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
    # The steps read it when first imported; an unavailable vendor is asked as often as in earnest, only sooner.
    "LIFECYCLE_RETRY_DELAYS": "0.05,0.05,0.05,0.1",
    # Tests write their workbooks where tests write.
    "LIFECYCLE_WORKBOOKS": tempfile.gettempdir(),
}
# Every client of Prefect reads the authorities that TLS needs, 45 ms each time; no TLS is spoken here, so one will do.
os.environ |= {"PREFECT_API_SSL_CERT_FILE": AUTHORITY, "SSL_CERT_FILE": AUTHORITY}
for name in ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_PROFILE"):
    os.environ.pop(name, None)


def pytest_report_header() -> str:
    """Which slow modules are left out."""
    names = ", ".join(sorted(path.stem for path in LEFT_OUT))
    return f"slow modules left out by {SHARE}: {names}" if names else "no slow module is left out"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave the slow modules of the other shares out."""
    return collection_path in LEFT_OUT or None


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in this hook as well
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One stack, one browser, and one receiver of a file do: their tests run one after the other, in one process."""
    for item in items:
        needed = getattr(item, "fixturenames", ())
        groups = {"stack": "stack", "browser": "browser", "receiver": item.path.stem}
        if group := next((groups[shared] for shared in groups if shared in needed), None):
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[PrefectServer]:
    """A running Prefect server, one per test process."""
    server = PrefectServer(HOME, PORT).start()
    yield server
    if "prefect.logging.handlers" in sys.modules:
        # What is still to be logged would otherwise be tried against a server that is gone, for more than a minute.
        asyncio.run(sys.modules["prefect.logging.handlers"].APILogHandler.aflush())
    server.stop()


@pytest.fixture(scope="session")
def prefect_api(prefect_server: PrefectServer) -> str:
    """The URL of its API, which `PREFECT_API_URL` names too."""
    return prefect_server.url


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackProcess]:
    """A whole stack, with a world that is empty but for a team of five CSMs: sandbox, Prefect, worker, receiver."""
    with running_stack(tmp_path_factory.mktemp("stack"), LIFECYCLE_CONCURRENCY="4") as stack:
        hire(stack.sandbox, 5)
        yield stack
