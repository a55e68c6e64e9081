"""The receiver as an ASGI application: builds its parts and its routes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from webhooks.common.metrics import Metrics
from webhooks.common.observed import Handler, failure, observed
from webhooks.common.settings import Settings
from webhooks.runs.prefect_api import PrefectApi, prefect_client
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.runs.publications import Publications
from webhooks.runs.readiness import Readiness
from webhooks.runs.waking import RunWaker
from webhooks.salesforce.changes import ChangeHandler
from webhooks.salesforce.following import RunFollower
from webhooks.salesforce.onboardings import Onboardings
from webhooks.salesforce.routes import SalesforceRoutes
from webhooks.salesforce.won_sales import WonSales
from webhooks.slack.button_handler import ButtonHandler
from webhooks.slack.publication_request_handler import PublicationRequestHandler
from webhooks.slack.repair_handler import RepairHandler
from webhooks.slack.response_url import slack_client
from webhooks.slack.retry_handler import RetryHandler
from webhooks.slack.routes import SlackRoutes
from webhooks.slack.signing import RequestVerifier
from webhooks.slack.workbook_upload_handler import WorkbookUploadHandler


def create_app(settings: Settings) -> Starlette:
    """The receiver as an ASGI application."""
    to_prefect, to_slack, metrics = prefect_client(settings), slack_client(), Metrics()
    api = PrefectApi(to_prefect, patience=settings.patience, at_once=settings.at_once)
    runs = PrefectRuns(api)
    waker = RunWaker(runs)
    publications = Publications(runs, settings.publications_deployment)
    won_sales = WonSales(api)
    onboardings = Onboardings(runs, won_sales, metrics, settings.deployment)
    follower = RunFollower(runs, waker, onboardings)
    changes = ChangeHandler(
        runs,
        waker,
        metrics,
        onboardings=onboardings,
        publications=publications,
        follower=follower,
        sales=won_sales,
        waking_seconds=settings.patience / 2,
    )
    salesforce = SalesforceRoutes(settings, changes)
    slack = SlackRoutes(
        settings,
        RequestVerifier(api),
        ButtonHandler(runs, waker),
        PublicationRequestHandler(publications),
        WorkbookUploadHandler(api, runs, metrics, settings.transition_deployment),
        repairs=RepairHandler(runs, settings.repair_deployment),
        retries=RetryHandler(runs, settings.retry_deployment),
        metrics=metrics,
        client=to_slack,
    )
    deployments = (settings.deployment, settings.publications_deployment, settings.transition_deployment)
    readiness = Readiness(api, deployments)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with to_prefect, to_slack:
            following = asyncio.create_task(follower.serve())
            yield
            following.cancel()
            won_sales.close()

    app = Starlette(
        routes=_routes(salesforce, slack, readiness, metrics),
        exception_handlers={HTTPException: _refuse, Exception: _fail},
        lifespan=lifespan,
    )
    # No redirect for a path with a slash too many: the redirect would repeat the host name that the sender chose.
    app.router.redirect_slashes = False
    return app


def _routes(salesforce: SalesforceRoutes, slack: SlackRoutes, readiness: Readiness, metrics: Metrics) -> list[Route]:
    async def prometheus(_: Request) -> Response:
        metrics.set_ready(ready=not await readiness.missing_soon())
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    handlers: list[tuple[str, str, Handler]] = [
        ("POST", "/salesforce/outbound-messages/{token}", salesforce.outbound_message),
        ("POST", "/salesforce/events", salesforce.event),
        ("POST", "/slack/interactions", slack.interaction),
        ("POST", "/slack/events", slack.event),
        ("GET", "/health", _health),
        ("GET", "/ready", readiness.respond),
        ("GET", "/metrics", prometheus),
    ]
    return [Route(path, observed(path, handler, metrics), methods=[method]) for method, path, handler in handlers]


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _refuse(_: Request, error: Exception) -> Response:
    """Answer an unknown path or method in the form of every error response."""
    assert isinstance(error, HTTPException)
    return failure(error.status_code, error.detail, error.headers)


async def _fail(_: Request, __: Exception) -> Response:
    """Answer a failure outside the handlers with 503, so that the sender repeats the delivery."""
    return failure(503, "unexpected error")
