"""The carrier as a server: the vendor's own client, a browser's telephone, the demonstration's controls."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant
from twilio.rest import Client
from werkzeug.serving import make_server

from core.settings import Settings
from telephony.simulator.config import RealLine, config_from, refuse_real_line
from telephony.simulator.server import RunningCarrier, open_carrier
from tests.telephony.simulator.over_http import APP, APP_PORT, CARRIER_PORT, CONFIG, LINE, App, Swapped


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    app = App()
    server = make_server("127.0.0.1", APP_PORT, app, threaded=True)
    server.RequestHandlerClass.log_request = lambda *args: None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture(scope="module")
def running(app: App) -> Iterator[RunningCarrier]:
    running = open_carrier(
        CONFIG,
        port=CARRIER_PORT,
        start=datetime(2026, 3, 4, 2, tzinfo=UTC),
        speed=20.0,
        origin="https://app.example",
    ).serve_beside()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(running: RunningCarrier) -> Client:
    return Client(CONFIG.account_sid, CONFIG.auth_token, http_client=Swapped(running.url))


def grant(
    identity: str = "op-1",
    *,
    secret: str = CONFIG.api_key_secret,
    ttl: int = 600,
    application: str | None = None,
) -> str:
    token = AccessToken(CONFIG.account_sid, CONFIG.api_key_sid, secret, identity=identity, ttl=ttl)
    token.add_grant(
        VoiceGrant(incoming_allow=True, outgoing_application_sid=application or CONFIG.application_sid)
    )
    return str(token.to_jwt())


def soon(claim: Callable[[], object], seconds: float = 8.0) -> None:
    limit = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


def post(running: RunningCarrier, path: str, body: object, expect: int = 200) -> dict[str, object]:
    answer = requests.post(running.url + path, json=body, timeout=10)
    assert answer.status_code == expect, answer.text
    told: dict[str, object] = answer.json()
    return told


def answering_number(running: RunningCarrier) -> str:
    from telephony.simulator.personas import CHINA, PickupKind, Temper

    people = (running.carrier.people(f"+86137{i:08d}") for i in range(10_000))
    at = running.carrier.timeline.now().astimezone(CHINA)
    return next(p.number for p in people if p.temper is Temper.COOPERATIVE
                and p.pickup(1, at).kind is PickupKind.ANSWERED and p.pickup(1, at).ring_s < 15)  # fmt: skip


def test_a_browser_and_the_vendors_client_make_a_call(
    running: RunningCarrier, client: Client, app: App
) -> None:
    leg = str(post(running, "/client/connect", {"token": grant(), "params": {"room": "op7"}})["leg"])
    state = lambda: requests.get(f"{running.url}/client/{leg}", timeout=5).json()  # noqa: E731
    soon(lambda: state()["room"] == "op7")
    party = client.conferences("op7").participants.create(
        to=answering_number(running), from_=LINE, label="resident", early_media=True, timeout=25,
        status_callback=f"{APP}/call", status_callback_event=["initiated", "ringing", "answered", "completed"],
    )  # fmt: skip
    soon(lambda: state()["peer"] == "ringing" or state()["peer"] == "in-progress")
    soon(lambda: state()["peer"] == "in-progress")
    post(running, "/sim/say", {"leg": party.call_sid, "text": "比较安全"})
    assert {"from": "resident", "text": "比较安全"} in state()["says"]
    assert post(running, f"/client/{leg}/mute", {"muted": True})["muted"] is True
    recording = client.calls(party.call_sid).recordings.create(recording_status_callback=f"{APP}/rec")
    soon(lambda: recording.fetch().status == "in-progress")
    assert (
        client.conferences(party.conference_sid).participants(party.call_sid).update(hold=True).hold is True
    )
    time.sleep(0.1)
    assert client.conferences(party.conference_sid).participants(party.call_sid).delete() is True
    soon(lambda: [f["CallStatus"] for f in app.to("/call")][-1:] == ["completed"])
    assert client.calls(party.call_sid).fetch().status == "completed"
    assert [c.sid for c in client.calls.list(status="completed", limit=20)] == [party.call_sid]
    soon(lambda: app.to("/rec"))
    sound = requests.get(app.to("/rec")[0]["RecordingUrl"] + ".wav", timeout=5)
    assert sound.content[:4] == b"RIFF"
    post(running, f"/client/{leg}/hangup", {})
    soon(lambda: [f["StatusCallbackEvent"] for f in app.to("/room")].count("conference-end") == 1)
    assert app.unsigned == 0


def test_the_vendors_client_sees_errors_as_errors(client: Client) -> None:
    with pytest.raises(TwilioRestException) as caught:
        client.calls("CA" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)
    stranger = Client(CONFIG.account_sid, "wrong", http_client=client.http_client)
    with pytest.raises(TwilioRestException) as caught:
        stranger.calls("CA" + "0" * 32).fetch()
    assert caught.value.status == 401


@pytest.mark.parametrize(
    "token", [grant(secret="forged" * 8), grant(ttl=-10), grant(application="AP" + "1" * 32), "", "x.y.z"],
    ids=["forged", "expired", "other application", "none", "nonsense"],
)  # fmt: skip
def test_a_bad_grant_opens_no_door(running: RunningCarrier, token: str) -> None:
    post(running, "/client/connect", {"token": token, "params": {"room": "op7"}}, expect=401)


def test_a_ready_browser_is_called_and_accepts(running: RunningCarrier, client: Client, app: App) -> None:
    assert post(running, "/client/ready", {"token": grant("sup-1")}) == {"identity": "sup-1", "incoming": []}
    client.calls.create(to="client:sup-1", from_=LINE, url=f"{APP}/line")
    found: list[dict[str, str]] = []

    def rings() -> bool:
        found[:] = post(running, "/client/ready", {"token": grant("sup-1")})["incoming"]  # type: ignore[assignment]
        return bool(found)

    soon(rings)
    leg = found[0]["leg"]
    assert post(running, f"/client/{leg}/accept", {})["state"] == "in-progress"
    assert post(running, f"/client/{leg}/hangup", {})["state"] == "completed"
    post(running, "/client/gone", {"token": grant("sup-1")})
    gone = client.calls.create(to="client:sup-1", from_=LINE, url=f"{APP}/line")
    soon(lambda: client.calls(gone.sid).fetch().status == "no-answer")


def test_the_demonstration_calls_in(running: RunningCarrier, app: App) -> None:
    leg = post(running, "/sim/inbound", {"from": "+8613900000001", "to": LINE})["leg"]
    soon(lambda: any(f["CallSid"] == leg for f in app.to("/line")))
    live = requests.get(f"{running.url}/sim/legs", timeout=5).json()["legs"]
    assert any(each["leg"] == leg and each["to"] == LINE for each in live)
    assert requests.get(f"{running.url}/sim/state", timeout=5).json()["live"] >= 1
    post(running, "/sim/hangup", {"leg": leg})
    assert requests.get(f"{running.url}/client/{leg}", timeout=5).status_code == 404
    post(running, "/sim/inbound", {"from": "+8613900000001"}, expect=422)
    post(running, "/sim/nothing", {}, expect=404)
    assert requests.post(f"{running.url}/sim/inbound", data={"to": LINE}, timeout=5).status_code == 415


def test_a_slow_page_does_not_stop_the_world(running: RunningCarrier, client: Client, app: App) -> None:
    app.slow.clear()
    slow = client.calls.create(to="client:nobody", from_=LINE, url=f"{APP}/slow")
    post(running, "/client/ready", {"token": grant("slow-1"), "answers_after_s": 0})
    waiting = client.calls.create(to="client:slow-1", from_=LINE, url=f"{APP}/slow")
    soon(lambda: client.calls(waiting.sid).fetch().status == "in-progress")
    quick = str(post(running, "/sim/inbound", {"from": "anonymous", "to": LINE})["leg"])
    soon(lambda: any(f["CallSid"] == quick for f in app.to("/line")), seconds=4.0)
    assert not any(f["CallSid"] == waiting.sid for f in app.to("/slow"))
    app.slow.set()
    soon(lambda: any(f["CallSid"] == waiting.sid for f in app.to("/slow")))
    assert slow.sid != waiting.sid


def test_only_the_named_page_may_talk_to_it_from_a_browser(running: RunningCarrier) -> None:
    answer = requests.options(f"{running.url}/client/connect", timeout=5)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"


@pytest.mark.parametrize("line", ["twilio", "manual"])
def test_it_refuses_to_stand_beside_a_real_line(line: str) -> None:
    settings = Settings(database_url="sqlite://", secret_key="x" * 32, data_dir=Path("."), keys_file=Path("k"),
                        public_base_url="https://app.example", line=line)  # fmt: skip
    with pytest.raises(RealLine):
        refuse_real_line(settings)
    with pytest.raises(RealLine):
        config_from(settings, client_path="/voice/client", inbound_path="/voice/hotline")
    simulated = config_from(replace(settings, line="simulator", account="AC" + "0" * 32), client_path="/voice/client",
                            inbound_path="/voice/hotline")  # fmt: skip
    assert simulated.client_url == "https://app.example/voice/client"


def test_two_runs_never_name_two_calls_alike() -> None:
    from telephony.simulator.carrier import Carrier
    from telephony.simulator.timeline import VirtualClock
    from tests.telephony.simulator.stage import Stage

    clock: VirtualClock = Stage().clock
    first, second = (Carrier(replace(CONFIG, run=run), clock, lambda u, f, h: (200, "")) for run in "ab")
    assert first.name("call", 0) != second.name("call", 0)
    assert first.people(LINE) == second.people(LINE)
