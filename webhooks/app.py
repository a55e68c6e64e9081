"""The receiver: its routes, and whether it is well."""

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
from webhooks.salesforce.changes import Changes
from webhooks.salesforce.following import Following
from webhooks.salesforce.onboardings import Onboardings
from webhooks.salesforce.routes import Salesforce
from webhooks.salesforce.won_sales import WonSales
from webhooks.slack.answering import ButtonHandler
from webhooks.slack.requesting import PublicationRequestHandler
from webhooks.slack.response_url import slack_client
from webhooks.slack.routes import Slack
from webhooks.slack.signing import RequestVerifier
from webhooks.slack.uploading import WorkbookUploadHandler


def create_app(settings: Settings) -> Starlette:
    """The receiver as an ASGI application."""
    client, to_slack, metrics = prefect_client(settings), slack_client(), Metrics()
    api = PrefectApi(client, patience=settings.patience, at_once=settings.at_once)
    runs = PrefectRuns(api)
    waking = RunWaker(runs)
    publications = Publications(runs, settings.publications_deployment)
    won_sales = WonSales(api)
    onboardings = Onboardings(runs, won_sales, metrics, settings.deployment)
    following = Following(runs, waking, onboardings)
    changes = Changes(
        runs,
        waking,
        metrics,
        onboardings=onboardings,
        publications=publications,
        following=following,
        waking_seconds=settings.patience / 2,
    )
    salesforce = Salesforce(settings, changes)
    signing = RequestVerifier(api)
    requesting = PublicationRequestHandler(publications)
    uploading = WorkbookUploadHandler(api, runs, metrics, settings.transition_deployment)
    answering = ButtonHandler(runs, waking)
    started = (settings.deployment, settings.publications_deployment, settings.transition_deployment)
    readiness = Readiness(api, started)
    slack = Slack(settings, signing, answering, requesting, uploading, metrics=metrics, client=to_slack)

    async def numbers(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    def route(method: str, path: str, handler: Handler) -> Route:
        return Route(path, observed(path, handler, metrics), methods=[method])

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        async with client, to_slack:
            looking = asyncio.create_task(following.serve())
            yield
            looking.cancel()
            won_sales.close()

    app = Starlette(
        routes=[
            route("POST", "/salesforce/outbound-messages/{token}", salesforce.outbound_message),
            route("POST", "/salesforce/events", salesforce.event),
            route("POST", "/slack/interactions", slack.interaction),
            route("POST", "/slack/events", slack.event),
            route("GET", "/health", _health),
            route("GET", "/ready", readiness.answer),
            route("GET", "/metrics", numbers),
        ],
        exception_handlers={HTTPException: _refused, Exception: _unexpected},
        lifespan=life,
    )
    # A path that is ours but for a slash is not ours: its redirect would name the host that the sender named.
    app.router.redirect_slashes = False
    return app


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _refused(_: Request, error: Exception) -> Response:
    """Unknown paths and methods, in the one form that errors have here."""
    assert isinstance(error, HTTPException)
    return failure(error.status_code, error.detail, error.headers)


async def _unexpected(_: Request, __: Exception) -> Response:
    """What happened outside of every handler: a failed delivery, never a 500."""
    return failure(503, "unexpected error")
