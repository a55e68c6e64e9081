"""A database that is busy is asked again within the server; everything else passes as it is."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.ask_again import AskAgain

PAUSES = (0.001,) * 4


class Busy(Exception):
    pass


class House:
    """An application that is busy so many times, as Prefect's: it answers 503 and raises what happened."""

    def __init__(self, times: int) -> None:
        self.left, self.bodies = times, []
        app = Starlette(
            routes=[Route("/write", self.write, methods=["POST"])], exception_handlers={Exception: self.told}
        )
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(AskAgain(app, PAUSES), raise_app_exceptions=False), base_url="http://house"
        )

    async def write(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        if await request.body() == b"nonsense":
            raise ValueError
        self.left -= 1
        if self.left >= 0:
            raise Busy
        return JSONResponse({"written": True}, status_code=201)

    async def told(self, _request: Request, error: Exception) -> Response:
        return Response("busy" if isinstance(error, Busy) else "broken", 503 if isinstance(error, Busy) else 500)


@pytest.mark.parametrize("times", [0, 1, 3, len(PAUSES)])
async def test_a_request_that_met_a_busy_database_is_repeated_whole_until_it_is_written(times):
    house = House(times)
    answer = await house.client.post("/write", content=b"a flow run")
    assert (answer.status_code, answer.json()) == (201, {"written": True})
    assert house.bodies == [b"a flow run"] * (times + 1)


async def test_a_database_that_stays_busy_is_told_in_the_end():
    house = House(100)
    answer = await house.client.post("/write", content=b"x")
    assert (answer.status_code, answer.text) == (503, "busy")
    assert len(house.bodies) == len(PAUSES) + 1


async def test_another_failure_is_not_repeated():
    house = House(0)
    answer = await house.client.post("/write", content=b"nonsense")
    assert (answer.status_code, answer.text) == (500, "broken")
    assert house.bodies == [b"nonsense"]
