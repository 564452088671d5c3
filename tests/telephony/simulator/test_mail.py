"""Mail: signed as published, retried as asked, and late or doubled as the weather has it."""

from telephony.simulator.faults import Faults
from telephony.simulator.signature import sign
from telephony.simulator.transport import Couriers
from tests.telephony.simulator.stage import APP, LINE, RESIDENT, Stage

CALL = {"To": RESIDENT, "From": LINE, "Twiml": "<Response><Hangup/></Response>",
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"]}  # fmt: skip


def test_the_published_signature():
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
            "To": "+18005551212"}  # fmt: skip
    assert (
        sign("https://mycompany.com/myapp.php?foo=1&bar=2", form, "12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    )
    assert (
        sign("https://mycompany.com/myapp.php?foo=1&bar=2", form, "12346") != "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    )


def test_query_and_chinese_words_are_signed_too(stage):
    stage.page("/client", "<Hangup/>")
    stage.carrier.softphones.connect_as("op", {"备注": "值班", "room": "op7"})
    stage.ask("POST", "/Calls.json", CALL | {"StatusCallback": f"{APP}/call?key=a%20b&x=1"}, expect=201)
    stage.run(30)
    assert stage.to("/client")[0]["备注"] == "值班"
    assert len(stage.to("/call")) == 4


def test_a_browser_cannot_overrule_the_carriers_own_fields(stage):
    stage.page("/client", "<Hangup/>")
    leg = stage.carrier.softphones.connect_as("op", {"From": "client:boss", "CallSid": "CA1", "room": "op7"})
    stage.run(5)
    assert stage.to("/client")[0]["From"] == "client:op"
    assert stage.to("/client")[0]["CallSid"] == leg.sid


def count_tries(stage, url):
    tries = []

    def post(url, form, headers):
        tries.append((url, headers["I-Twilio-Idempotency-Token"], form["CallStatus"]))
        return 500, ""

    stage.carrier.post = post
    stage.ask(
        "POST",
        "/Calls.json",
        CALL | {"StatusCallback": url, "StatusCallbackEvent": ["completed"]},
        expect=201,
    )
    stage.run(60)
    return tries


def test_a_server_error_is_not_tried_again_unless_the_address_asks(stage):
    assert len(count_tries(stage, f"{APP}/call")) == 1


def test_the_fragment_asks_for_more_tries_and_never_leaves(stage):
    tries = count_tries(stage, f"{APP}/call#rc=3&rp=5xx")
    assert len(tries) == 4
    assert {url for url, _, _ in tries} == {f"{APP}/call"}
    assert len({token for _, token, _ in tries}) == 1


def test_nobody_at_home_is_tried_once_more(stage):
    tries = []

    def post(url, form, headers):
        tries.append(url)
        raise ConnectionRefusedError

    stage.carrier.post = post
    stage.ask("POST", "/Calls.json", CALL | {"StatusCallback": f"{APP}/call", "StatusCallbackEvent": ["completed"]},
              expect=201)  # fmt: skip
    stage.run(60)
    assert len(tries) == 2
    assert stage.carrier.mail.postage.refused == 1


def deliveries(faults):
    stage = Stage(faults=faults)
    for index in range(50):
        stage.ask("POST", "/Calls.json", CALL | {"StatusCallback": f"{APP}/call", "To": f"+86138000001{index:02d}"},
                  expect=201)  # fmt: skip
    stage.run(120)
    return stage


def test_doubled_callbacks_carry_the_same_token():
    stage = deliveries(Faults(seed=3, duplicate=0.3))
    tokens = [p.token for p in stage.posted]
    assert 0.2 < 1 - len(set(tokens)) / 200 + (len(tokens) - 200) / 200 < 0.4
    assert len(set(tokens)) == 200
    by_token = {p.token: p.form for p in stage.posted}
    assert all(by_token[p.token] == p.form for p in stage.posted)


def test_late_callbacks_come_out_of_order_but_all_come():
    stage = deliveries(Faults(seed=3, late=0.4))
    assert len(stage.posted) == 200
    by_call = {}
    for posted in stage.posted:
        by_call.setdefault(posted.form["CallSid"], []).append(int(posted.form["SequenceNumber"]))
    assert any(order != sorted(order) for order in by_call.values())
    assert all(sorted(order) == [0, 1, 2, 3] for order in by_call.values())


def test_dropped_callbacks_are_counted():
    stage = deliveries(Faults(seed=3, drop=0.2))
    assert len(stage.posted) + stage.carrier.mail.postage.lost == 200
    assert 20 <= stage.carrier.mail.postage.lost <= 60


def test_refused_requests_were_either_not_done_or_done_unsaid():
    form = CALL | {"StatusCallback": f"{APP}/call"}
    nothing = Stage(faults=Faults(refuse_before=1.0))
    nothing.ask("POST", "/Calls.json", form, expect=503)
    assert nothing.carrier.legs.all == {}
    unsaid = Stage(faults=Faults(refuse_after=1.0))
    unsaid.ask("POST", "/Calls.json", form, expect=500)
    assert len(unsaid.carrier.legs.all) == 1


def test_couriers_keep_the_order_of_one_key_and_do_not_wait_for_another():
    import threading

    couriers, gate, done, order = Couriers(workers=4), threading.Event(), threading.Event(), []

    def slow():
        gate.wait(5)
        return 200, "slow"

    couriers.carry("a", slow, lambda reply: order.append(reply[1]))
    couriers.carry("a", lambda: (200, "after slow"), lambda reply: (order.append(reply[1]), done.set()))
    other = threading.Event()
    couriers.carry("b", lambda: (200, "b"), lambda reply: (order.append(reply[1]), other.set()))
    assert other.wait(5)
    gate.set()
    assert done.wait(5)
    couriers.stop()
    assert order == ["b", "slow", "after slow"]
