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


def create_app(house: SandboxState) -> ASGIApp:
    """Let every stand-in move in, and answer the application that serves them, pages and controls too."""
    recurly, slack = RecurlySystem(house), SlackSystem(house)
    house.add(SalesforceSystem(house), LmsSystem(house, recurly), recurly, slack)
    house.add(OutreachSystem(house), MailSystem(house))
    return FaultInjectionMiddleware(
        house, Router([*Control(house).routes, *Pages(house).routes, *slack.pages], redirect_slashes=False)
    )
