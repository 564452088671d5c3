"""Check the documents that tell the carrier what to do with a call."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

from telephony.contract.breach import Breach

# The vocabulary lists constructor arguments; these become the element's text, never an attribute.
_TEXT_ARGUMENTS = {
    ("Play", "url"),
    ("Say", "message"),
    ("Dial", "number"),
    ("Enqueue", "name"),
    ("Client", "identity"),
    ("Sip", "sipUrl"),
    ("Uri", "sipUrl"),
    ("Sms", "message"),
}
_ENDS_DOCUMENT = ("Redirect", "Hangup", "Reject")
LARGEST_DOCUMENT = 64 * 1024


@cache
def _vocabulary() -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    text = files("telephony.contract").joinpath("twiml_vocab.json").read_text("utf-8")
    data = json.loads(text)
    return data["vocab"], data["values"]


def _allows(rule: Any, value: str) -> bool:
    if isinstance(rule, list):
        return value in rule
    kind = str(rule)
    if kind.startswith("words:"):
        return bool(value.split()) and set(value.split()) <= set(kind[6:].split())
    if kind.startswith("re:"):
        return re.fullmatch(kind[3:], value) is not None
    if kind == "bool":
        return value in ("true", "false")
    if kind == "int":
        return re.fullmatch(r"\d+", value) is not None
    if kind == "int|auto":
        return value == "auto" or re.fullmatch(r"\d+", value) is not None
    return True


def _check_element(element: etree._Element, parent: str) -> None:
    vocabulary, values = _vocabulary()
    tag = str(element.tag)
    known = vocabulary.get(parent, {}).get(tag)
    if known is None:
        raise Breach(f"<{parent}>", f"may not hold <{tag}>")
    for raw_name, raw_value in element.attrib.items():
        name, value = str(raw_name), str(raw_value)
        if name == "{http://www.w3.org/XML/1998/namespace}lang":
            name = "xml:lang"
        if name not in known["attrs"] or (tag, name) in _TEXT_ARGUMENTS or name == "words":
            raise Breach(f"<{tag}>", f"has no attribute {name}")
        rule = values.get(f"{tag}@{name}", values.get(f"*@{name}"))
        if rule is not None and not _allows(rule, value):
            raise Breach(f"<{tag} {name}>", f"value is not one of {rule}")
    text = (element.text or "").strip()
    may_hold_text = known["text"] or any(tag == holder for holder, _ in _TEXT_ARGUMENTS)
    if text and not may_hold_text:
        raise Breach(f"<{tag}>", "holds no text")
    if tag in values["_require_child_or_text"] and not text and len(element) == 0:
        raise Breach(f"<{tag}>", "needs something to act on")
    for child in element:
        _check_element(child, tag)


def read_twiml(text: str, context: str | None = None) -> etree._Element:
    """Parse and check one document; `context` narrows the verbs (conference-wait, enqueue-wait, …)."""
    if len(text.encode("utf-8")) > LARGEST_DOCUMENT:
        raise Breach("document", "is larger than 64 KB")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.strip().encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise Breach("document", "is not well-formed XML") from error
    if root.tag != "Response":
        raise Breach("document", "must be a <Response>")
    allowed = _vocabulary()[1]["_context"].get(context) if context else None
    for index, verb in enumerate(root):
        if allowed is not None and verb.tag not in allowed:
            raise Breach(f"{context} document", f"may not hold <{verb.tag}>")
        _check_element(verb, "Response")
        if verb.tag in _ENDS_DOCUMENT and index + 1 < len(root):
            raise Breach(f"<{verb.tag}>", "is followed by verbs that are never reached")
    return root


def check_twiml(xml_text: str, context: str | None = None) -> None:
    """Raise Breach when a document is not one the vendor's carrier runs."""
    read_twiml(xml_text, context)
