"""Check requests to the carrier and its answers against the vendor's published interface."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from telephony.contract.breach import Breach

Form = Mapping[str, str | Sequence[str]]
Schema = dict[str, Any]

_formats = FormatChecker(formats=())


@_formats.checks("uri")
def _is_uri(value: object) -> bool:
    if not isinstance(value, str) or value == "":
        return True
    parts = urlsplit(value)
    # Page links in answers are paths below the host; everything else must name scheme and host.
    return value.startswith("/2010-04-01/") or (parts.scheme in ("http", "https") and bool(parts.netloc))


@_formats.checks("endpoint")
def _is_endpoint(value: object) -> bool:
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\+\d{3,15}|client:[\w.~%+-]{1,121}|sip:[^\s]+", value)
    )


@_formats.checks("phone-number")
def _is_number(value: object) -> bool:
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\+?\d{3,15}|client:.+|sip:.+|[\w ]{1,40}", value)
    )


@_formats.checks("date-time-rfc-2822", raises=(TypeError, ValueError))
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or parsedate_to_datetime(value) is not None


@dataclass(frozen=True)
class Operation:
    """One method on one path, with everything needed to check it."""

    method: str
    template: str
    pattern: re.Pattern[str]
    path_checks: dict[str, Draft202012Validator]
    query: Draft202012Validator
    query_schema: Schema
    body: Draft202012Validator
    body_schema: Schema
    answers: dict[int, Draft202012Validator | None]


@cache
def _document() -> Schema:
    text = files("telephony.contract").joinpath("twilio_api_v2010.strict.json").read_text("utf-8")
    document: Schema = json.loads(text)
    return document


def _plain(schema: Schema) -> Schema:
    """Turn the 3.0 dialect into JSON Schema: references resolved, null allowed where it is nullable."""
    if "$ref" in schema:
        return _plain(_document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    plain = {k: v for k, v in schema.items() if k not in ("nullable", "description", "default")}
    if "properties" in plain:
        plain["properties"] = {name: _plain(inner) for name, inner in plain["properties"].items()}
        plain["additionalProperties"] = False
    if "items" in plain:
        plain["items"] = _plain(plain["items"])
    if schema.get("nullable") and "type" in plain:
        plain["type"] = [plain["type"], "null"]
    return plain


def _validator(schema: Schema) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=_formats)


@cache
def _operations() -> tuple[Operation, ...]:
    found = []
    for template, verbs in _document()["paths"].items():
        pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)))
        for method in ("get", "post", "delete"):
            if method not in verbs:
                continue
            verb = verbs[method]
            params = verb.get("parameters", [])
            query = {p["name"]: _plain(p["schema"]) for p in params if p["in"] == "query"}
            query_schema: Schema = {"type": "object", "properties": query, "additionalProperties": False}
            content = verb.get("requestBody", {}).get("content", {})
            empty: Schema = {"type": "object", "properties": {}, "additionalProperties": False}
            body = _plain(next(iter(content.values()))["schema"]) if content else empty
            answers: dict[int, Draft202012Validator | None] = {}
            for status, answer in verb["responses"].items():
                media = answer.get("content")
                answers[int(status)] = (
                    _validator(_plain(next(iter(media.values()))["schema"])) if media else None
                )
            checks = {p["name"]: _validator(_plain(p["schema"])) for p in params if p["in"] == "path"}
            found.append(
                Operation(
                    method.upper(), template, pattern, checks, _validator(query_schema), query_schema,
                    _validator(body), body, answers,
                )
            )  # fmt: skip
    # A path without a variable at its end is tried first.
    return tuple(sorted(found, key=lambda o: o.template.count("{")))


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """Find the published operation for a method and path, with the path's values."""
    for operation in _operations():
        if operation.method == method.upper() and (
            hit := operation.pattern.fullmatch(path.partition("?")[0])
        ):
            return operation, {name: unquote(value) for name, value in hit.groupdict().items()}
    raise Breach(f"{method} path", "not in the published interface")


def _typed(value: str | Sequence[str], schema: Schema) -> object:
    kinds = schema.get("type")
    if kinds == "array":
        values = [value] if isinstance(value, str) else list(value)
        return [_typed(v, schema.get("items", {})) for v in values]
    if not isinstance(value, str):
        if len(value) != 1:
            return list(value)
        value = value[0]
    if kinds == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    if kinds == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kinds == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    return value


def _check(where: str, validator: Draft202012Validator, value: object) -> None:
    for error in validator.iter_errors(value):
        place = ".".join(str(step) for step in error.absolute_path)
        # The value itself may be a number or a text of a person, so only the rule is told.
        told = (
            error.message
            if error.validator in ("required", "additionalProperties")
            else (f"breaks {error.validator} {error.validator_value!r:.200}")
        )
        raise Breach(f"{where} {place}".strip(), told)


def check_request(method: str, path: str, form: Form) -> None:
    """Raise Breach when a request is not one the vendor publishes; GET forms are the query."""
    operation, values = find_operation(method, path)
    where = f"{operation.method} {operation.template}"
    for name, value in values.items():
        if name in operation.path_checks:
            _check(f"{where} {{{name}}}", operation.path_checks[name], value)
    validator, schema = (
        (operation.query, operation.query_schema)
        if operation.method == "GET"
        else (operation.body, operation.body_schema)
    )
    fields = schema.get("properties", {})
    typed = {name: _typed(value, fields.get(name, {})) for name, value in form.items()}
    _check(where, validator, typed)


def check_answer(method: str, path: str, status: int, answer: object) -> None:
    """Raise Breach when an answer's status or shape is not the published one."""
    operation, _ = find_operation(method, path)
    where = f"{operation.method} {operation.template} {status}"
    if status not in operation.answers:
        raise Breach(where, f"status is not one of {sorted(operation.answers)}")
    validator = operation.answers[status]
    if validator is None:
        if answer is not None:
            raise Breach(where, "an empty answer was promised")
        return
    _check(where, validator, answer)
