"""The whole sandbox as one ASGI application."""

from starlette.routing import Router
from starlette.types import ASGIApp

from sandbox.control import Control
from sandbox.fault_injection import FaultInjectionMiddleware
from sandbox.lms.system import LmsSystem
from sandbox.outreach.system import OutreachSystem
from sandbox.pages import MailSystem, Pages
from sandbox.recurly.system import RecurlySystem
from sandbox.salesforce.system import SalesforceSystem
from sandbox.slack.system import SlackSystem
from sandbox.state import SandboxState


def create_app(sandbox: SandboxState) -> ASGIApp:
    """Let every stand-in move in, and answer the application that serves them, pages and controls too."""
    recurly, slack = RecurlySystem(sandbox), SlackSystem(sandbox)
    sandbox.add(SalesforceSystem(sandbox), LmsSystem(sandbox, recurly), recurly, slack)
    sandbox.add(OutreachSystem(sandbox), MailSystem(sandbox))
    return FaultInjectionMiddleware(
        sandbox, Router([*Control(sandbox).routes, *Pages(sandbox).routes, *slack.pages], redirect_slashes=False)
    )
