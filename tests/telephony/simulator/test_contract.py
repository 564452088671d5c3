"""The contract catches what the vendor would refuse."""

import pytest

from telephony.contract import Breach, check_answer, check_request, check_twiml

ACCOUNT = "AC" + "0" * 32
CALL = "CA" + "a" * 32
BASE = f"/2010-04-01/Accounts/{ACCOUNT}"
GOOD = {"To": "+8613800000000", "From": "+861010012345", "Url": "https://app.example/x"}


def test_a_good_request_passes_with_arrays_numbers_and_claims():
    check_request("POST", f"{BASE}/Calls.json", GOOD | {
        "StatusCallbackEvent": ["initiated", "answered"], "Timeout": "25", "Record": "true"})  # fmt: skip
    check_request("GET", f"{BASE}/Calls.json?ignored=1", {"StartTime>": "2026-01-01", "PageSize": "50"})
    check_request(
        "POST", f"{BASE}/Conferences/op7/Participants.json", {"To": "client:sup", "From": "+861010012345"}
    )


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/Calls.json", {"To": "+8613800000000"}),
        ("/Calls.json", GOOD | {"To": "not a number"}),
        ("/Calls.json", GOOD | {"Timeout": "soon"}),
        ("/Calls.json", GOOD | {"Record": "yes"}),
        ("/Calls.json", GOOD | {"Url": "/relative"}),
        ("/Calls.json", GOOD | {"StatusCallbackEvent": "initiated ringing"}),
        ("/Calls.json", GOOD | {"Colour": "red"}),
        ("/Calls/CA123.json", {"Status": "completed"}),
        (f"/Calls/{CALL}.json", {"Status": "paused"}),
        ("/Nothing.json", {}),
    ],
)
def test_a_bad_request_is_a_breach(path, form):
    with pytest.raises(Breach):
        check_request("POST", BASE + path, form)


def test_a_breach_never_repeats_the_value():
    with pytest.raises(Breach) as caught:
        check_request("POST", f"{BASE}/Calls.json", GOOD | {"To": "13912345678x"})
    assert "13912345678" not in str(caught.value)


def test_answers_are_checked_for_status_shape_and_unknown_fields():
    check_answer("GET", f"{BASE}/Calls/{CALL}.json", 200, {"sid": CALL, "status": "busy", "start_time": None})
    check_answer("DELETE", f"{BASE}/Calls/{CALL}.json", 204, None)
    for status, answer in ((201, {}), (200, {"status": "dialling"}), (200, {"sid": "CA1"}), (200, {"colour": "red"}),
                           (200, {"start_time": "yesterday"})):  # fmt: skip
        with pytest.raises(Breach):
            check_answer("GET", f"{BASE}/Calls/{CALL}.json", status, answer)


def test_good_documents_pass():
    check_twiml(
        '<Response><Say language="zh-CN">您好</Say><Play loop="2">https://a.example/m.mp3</Play></Response>'
    )
    check_twiml(
        '<Response><Dial><Conference statusCallbackEvent="start end">op7</Conference></Dial></Response>'
    )
    check_twiml("<Response><Dial>+8613800000000</Dial></Response>")
    check_twiml("<Response/>")


@pytest.mark.parametrize(
    "verbs",
    [
        '<Play url="https://a.example/m.mp3"/>',
        "<Dial/>",
        "<Dial><Conferense>x</Conferense></Dial>",
        '<Dial><Conference statusCallbackEvents="start">x</Conference></Dial>',
        '<Dial><Conference statusCallbackEvent="begin">x</Conference></Dial>',
        '<Dial><Conference endConferenceOnExit="yes">x</Conference></Dial>',
        '<Pause length="long"/>',
        "<Hangup/><Say>never heard</Say>",
        "<Pause>words</Pause>",
        "<Say>unclosed",
    ],
)
def test_bad_documents_are_breaches(verbs):
    with pytest.raises(Breach):
        check_twiml(f"<Response>{verbs}</Response>")


def test_waiting_documents_may_hold_only_their_verbs():
    check_twiml("<Response><Say>等</Say><Leave/></Response>", "enqueue-wait")
    for context, verb in (
        ("enqueue-wait", "<Dial>+861</Dial>"),
        ("conference-wait", "<Leave/>"),
        ("hold", "<Hangup/>"),
    ):
        with pytest.raises(Breach):
            check_twiml(f"<Response>{verb}</Response>", context)


def test_a_document_over_64_kb_is_a_breach():
    with pytest.raises(Breach, match="64 KB"):
        check_twiml(f"<Response><Say>{'长' * 22_000}</Say></Response>")
