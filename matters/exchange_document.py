"""The exchange's description: an OpenAPI 3.1 document made from the same coded words that the exchange reads."""

from __future__ import annotations

from typing import Any

from core.terms import Term
from matters import topics
from matters.attributes import Conflict, IdentityClass, MatterKind, Outcome, Urgency
from matters.enquiry import Standing
from matters.exchange import MOST, PER_PAGE
from matters.exchange_answers import LONGEST_KEY
from matters.outside_references import LONGEST as LONGEST_REFERENCE
from matters.registration import LONGEST

PER_MINUTE = 120
PROBLEM = "application/problem+json"


def _coded(term: type[Term]) -> dict[str, Any]:
    return {
        "type": "string",
        "enum": [m.value for m in term],
        "description": "; ".join(f"{m.value}: {m.en}" for m in term),
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _problem(says: str) -> dict[str, Any]:
    return {"description": says, "content": {PROBLEM: {"schema": _ref("Problem")}}}


_ALWAYS = {
    "401": _problem("No token, a wrong one, or one that was revoked"),
    "403": _problem("The token may not do this"),
    "429": _problem(f"More than {PER_MINUTE} requests a minute; see Retry-After"),
    "503": _problem("Away for a moment; nothing was changed"),
}


def _schemas() -> dict[str, Any]:
    text, moment = {"type": "string"}, {"type": "string", "format": "date-time"}
    maybe = {"type": ["string", "null"]}
    return {
        "SentMatter": {
            "type": "object",
            "additionalProperties": False,
            "required": ["reference", "kind", "topic", "place", "narrative", "consent"],
            "properties": {
                "reference": {"type": "string", "minLength": 1, "maxLength": LONGEST_REFERENCE,
                              "description": "The partner's own number; the same one is never taken twice"},
                "kind": _coded(MatterKind),
                "topic": {"type": "string", "enum": [t.code for t in topics.offered()]},
                "place": {**text, "description": "The code of a township or village"},
                "spot": {"type": "string", "maxLength": 200},
                "narrative": {"type": "string", "minLength": 1, "maxLength": LONGEST},
                "urgency": _coded(Urgency),
                "identity": {**_coded(IdentityClass), "default": IdentityClass.PROTECTED.value},
                "consent": {"const": True, "description": "The caller agreed that it is passed on"},
                "caller": {"type": "object", "additionalProperties": False,
                           "description": "Sealed at once; no answer ever tells it again",
                           "properties": {"name": maybe, "number": maybe}},
                "conflict": {"type": "object", "additionalProperties": False, "required": ["kind"],
                             "properties": {"kind": _coded(Conflict), "unit": maybe}},
            },
        },
        "Matter": {
            "type": "object",
            "additionalProperties": False,
            "required": ["receipt", "reference", "state", "registered_at", "promised_on", "changed_at",
                         "round", "outcome", "result"],
            "properties": {
                "receipt": {"type": "string", "pattern": r"^\d{4}-\d{4,7}-\d$"},
                "reference": text,
                "state": _coded(Standing),
                "registered_at": moment,
                "promised_on": {"type": "string", "format": "date"},
                "changed_at": moment,
                "round": {"type": "integer", "minimum": 1},
                "outcome": {"type": ["string", "null"], "enum": [*(o.value for o in Outcome), None]},
                "result": {**maybe, "description": "The checked result, without anything that tells who someone is"},
            },
        },
        "Matters": {
            "type": "object",
            "additionalProperties": False,
            "required": ["matters", "next_cursor"],
            "properties": {"matters": {"type": "array", "items": _ref("Matter")}, "next_cursor": maybe},
        },
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status"],
            "properties": {
                "type": {"type": "string", "format": "uri-reference"},
                "title": text,
                "status": {"type": "integer"},
                "detail": text,
                "errors": {"type": "array", "items": {
                    "type": "object", "required": ["field", "detail"],
                    "properties": {"field": text, "detail": text}}},
            },
        },
    }  # fmt: skip


def _parameter(
    name: str, where: str, schema: dict[str, Any], says: str, *, required: bool = False
) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": schema, "description": says}


def document(address: str) -> dict[str, Any]:
    """Return the document of the exchange that answers at an address."""
    text = {"type": "string"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "听民 Tingmin: exchange of matters",
            "version": "1.0.0",
            "description": "A city hotline sends matters and asks how they stand. Only receipts, states and redacted "
            "results go out.",
        },
        "servers": [{"url": address}],
        "security": [{"token": []}],
        "paths": {
            "/api/v1/matters": {
                "get": {
                    "operationId": "listMatters",
                    "summary": "List the matters that this partner sent",
                    "parameters": [
                        _parameter("cursor", "query", text, "next_cursor of the page before"),
                        _parameter(
                            "limit",
                            "query",
                            {"type": "integer", "minimum": 1, "maximum": MOST, "default": PER_PAGE},
                            "How many at most",
                        ),
                        _parameter(
                            "reference", "query", text, "Only the one with this number of the partner"
                        ),
                        _parameter(
                            "changed_since",
                            "query",
                            {"type": "string", "format": "date-time"},
                            "Only those whose state changed since",
                        ),
                    ],
                    "responses": {
                        "200": {"description": "A page", "content": _json(_ref("Matters"))},
                        "422": _problem("A parameter can't be read"),
                        **_ALWAYS,
                    },
                },
                "post": {
                    "operationId": "sendMatter",
                    "summary": "Send a matter",
                    "parameters": [
                        _parameter(
                            "Idempotency-Key",
                            "header",
                            {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
                            "The same key with the same body gives the same answer for 30 days",
                            required=True,
                        )
                    ],
                    "requestBody": {"required": True, "content": _json(_ref("SentMatter"))},
                    "responses": {
                        "201": {
                            "description": "Registered",
                            "headers": {
                                "Location": {"schema": text},
                                "Idempotency-Replayed": {"schema": {"const": "true"}},
                            },
                            "content": _json(_ref("Matter")),
                        },
                        "400": _problem("No Idempotency-Key"),
                        "409": _problem("The reference was taken before, or the same request is under way"),
                        "413": _problem("The body is too large"),
                        "415": _problem("The body is not application/json"),
                        "422": _problem("Something is missing or wrong, or the key came with another body"),
                        **_ALWAYS,
                    },
                },
            },
            "/api/v1/matters/{receipt}": {
                "get": {
                    "operationId": "readMatter",
                    "summary": "Ask how one of this partner's matters stands",
                    "parameters": [_parameter("receipt", "path", text, "The receipt number", required=True)],
                    "responses": {
                        "200": {"description": "Where it stands", "content": _json(_ref("Matter"))},
                        "404": _problem("This partner has no such matter"),
                        **_ALWAYS,
                    },
                }
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }
