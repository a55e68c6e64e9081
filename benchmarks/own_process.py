"""A function that runs in a process of its own, because Prefect reads its settings only once in a process."""

import ctypes
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from deployments.stack.processes import PR_SET_PDEATHSIG, NotReady


def in_own_process(work: Callable[..., Any], *args: Any) -> Any:
    """What the function returns. Its process ends with this one, also if this one is interrupted or killed.

    Raises:
        NotReady: the function raised it, or failed; its traceback is on stderr.
    """
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sending, work, args))
    process.start()
    sending.close()
    try:
        answer = receiving.recv()
    except EOFError:
        raise NotReady("The measurement failed: see the messages above.") from None
    except BaseException:
        process.terminate()
        raise
    finally:
        process.join()
    if isinstance(answer, NotReady):
        raise answer
    return answer


def _work(sending: Connection, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """In the new process: stop as for Ctrl-C when the other one says so or is killed; Ctrl-C itself is for that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        sending.send(work(*args))
    except NotReady as problem:
        sending.send(problem)
