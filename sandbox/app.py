"""The whole sandbox as one ASGI application."""

from starlette.routing import Router
from starlette.types import ASGIApp

from sandbox.control import Control
from sandbox.fault_injection import FaultInjectionMiddleware
from sandbox.lms.system import LmsSystem
from sandbox.mailbox import MailSystem
from sandbox.outreach.system import OutreachSystem
from sandbox.recurly.system import RecurlySystem
from sandbox.salesforce.system import SalesforceSystem
from sandbox.slack.system import SlackSystem
from sandbox.start.pages import StartPages
from sandbox.state import SandboxState


def create_app(sandbox: SandboxState) -> ASGIApp:
    """Let every stand-in move in, and answer the application that serves them, pages and controls too."""
    salesforce, recurly, slack = SalesforceSystem(sandbox), RecurlySystem(sandbox), SlackSystem(sandbox)
    lms, outreach, mail = LmsSystem(sandbox, recurly), OutreachSystem(sandbox), MailSystem(sandbox)
    sandbox.add(salesforce, lms, recurly, slack, outreach, mail)
    pages = [page for system in (salesforce, lms, recurly, slack, outreach, mail) for page in system.pages]
    routes = [*Control(sandbox).routes, *StartPages(sandbox, salesforce).routes, *pages]
    return FaultInjectionMiddleware(sandbox, Router(routes, redirect_slashes=False))
