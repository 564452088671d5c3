"""What every answer tells the browser it may do: little."""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The policy of what is no page: it loads nothing and stands in no frame."""


def nonce() -> str:
    """Return this answer's one-time word that lets an inline JSON block stand."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def policy() -> str:
    """Return the content security policy; rooms may add where pages connect to (the line's vendor)."""
    connect = " ".join(["'self'", *current_app.config["CONNECT_SOURCES"]])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce()}'",
            "style-src 'self' 'unsafe-inline'",  # the chart library sets styles
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            f"connect-src {connect}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def prepare(app: Flask) -> None:
    """Put the headers on every answer."""

    @app.after_request
    def guard_headers(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers.setdefault("Content-Security-Policy", policy())
        else:
            response.headers.setdefault("Content-Security-Policy", NOTHING)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=(), payment=()"
        if current_app.config["SETTINGS"].secure_cookies:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint not in ("static", "healthz"):
            response.headers.setdefault("Cache-Control", "no-store")
        if "X-Live" in request.headers and response.status_code == 200 and not response.is_streamed:
            response.add_etag()
            response.make_conditional(request)
        return response
