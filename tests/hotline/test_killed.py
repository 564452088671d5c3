"""A real server process is killed at every report of the line, before and after it is kept: no caller is lost."""

from __future__ import annotations

import os
import random
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.hotline_parts import Part
from benchmarks.hotline_play import Play, ending
from benchmarks.hotline_reports import FAIR, Act, Report
from benchmarks.hotline_stage import Stage
from benchmarks.hotline_stories import STORIES
from core import clock, db
from hotline import waiting, wrapping
from telephony import inbound, line, webhooks
from telephony.twilio.addresses import path_of
from telephony.twilio.signature import SIGNATURE_HEADER, sign

TOLD = (
    "answered",
    "ended by us",
    "abandoned",
    "asked to be called",
    "queue full",
    "passed on",
    "called back",
)


class Quiet(WSGIRequestHandler):
    """Say nothing of requests."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(wrapping, "_rules", {})
    monkeypatch.setattr(waiting, "_messages", [])
    monkeypatch.setattr(webhooks, "kick", lambda: None)
    inbound.forget_answers()
    yield
    inbound.forget_answers()
    line.use(None)


def serve(url: str, listening: socket.socket, *, dies_at: int, side: str) -> None:
    """Be the server: answer reports until the commit at which the process is killed; never returns."""
    database = db.Database(url)
    done = 0

    def die(_session: object) -> None:
        nonlocal done
        done += 1
        if done == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.sessions, f"{side}_commit", die)
    app = Flask("doomed")
    app.register_blueprint(webhooks.blueprint)
    with db.using(database):
        make_server("127.0.0.1", 0, app, request_handler=Quiet, fd=listening.fileno()).serve_forever()


class Server:
    """The server as the carrier sees it: an address behind which a process lives, or has just died."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.child = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]

    def start(self, *, dies_at: int, side: str = "after") -> None:
        """Start the process; it is a copy of this one, with a connection to the database of its own."""
        self.child = os.fork()
        if self.child == 0:
            try:
                serve(self.url, self.listening, dies_at=dies_at, side=side)
            finally:
                os._exit(1)

    def is_dead(self) -> bool:
        """Wait for the killed process, and say whether it was killed."""
        _, status = os.waitpid(self.child, 0)
        self.child = 0
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL

    def end(self) -> None:
        """End whatever runs."""
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            assert self.is_dead()

    def stop(self) -> None:
        """End whatever runs, and close the door."""
        self.end()
        self.listening.close()

    def post(self, stage: Stage, report: Report) -> int | None:
        """Post one signed report; None when the process died over it."""
        path, query = path_of(report.hook), urlencode(report.query)
        signature = sign(stage.books.settings, path, report.fields, query=query)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                "POST", f"{path}?{query}" if query else path, urlencode(report.fields),
                {SIGNATURE_HEADER: signature, "Content-Type": "application/x-www-form-urlencoded"},
            )  # fmt: skip
            return connection.getresponse().status
        except (HTTPException, ConnectionError):
            return None
        finally:
            connection.close()


@contextmanager
def running(url: str) -> Iterator[Server]:
    """Give the server, and end it."""
    server = Server(url)
    try:
        yield server
    finally:
        server.stop()


def url_of(database: db.Database) -> str:
    return database.url.render_as_string(hide_password=False)


@pytest.mark.parametrize("side", ["before", "after"])
def test_no_caller_is_lost_when_the_server_is_killed_at_every_report(
    database: db.Database, tmp_path: Path, side: str
) -> None:
    """The carrier asks again as it does, and every story ends as it would have."""
    stage = Stage(tmp_path)
    endings = {}
    for name in TOLD:
        stage.set()
        part = Part(stage, random.Random(name), 0, 1)
        assert Play(stage, random.Random(1), FAIR).play([list(STORIES[name](part))])
        endings[name] = ending(stage, [part.leg])
    killed = 0
    with running(url_of(database)) as server:
        for name in TOLD:
            stage.set()
            part = Part(stage, random.Random(name), 0, 1)
            with clock.frozen(stage.now):
                killed += play_killed(stage, server, list(STORIES[name](part)), side)
            assert ending(stage, [part.leg]) == endings[name], name
    assert killed >= 30


def play_killed(stage: Stage, server: Server, story: list[Report | Act], side: str) -> int:
    """Tell every report to a process that dies over it, and again to the next one; return how many died."""
    killed = 0
    server.start(dies_at=1, side=side)
    for step in story:
        if isinstance(step, Act):
            assert stage.does(step)
            continue
        report = step.stamped(stage.now)
        assert server.post(stage, report) is None
        assert server.is_dead()
        killed += 1
        server.start(dies_at=2, side=side)  # takes this one in, and dies over the next
        assert server.post(stage, report) == 200
    server.end()
    return killed
