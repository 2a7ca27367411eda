"""Errors as problem documents (RFC 9457), whoever raised them: tenantry, FastAPI or a bug."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from tenantry import AsyncTenantry, Denied, Stale, TenantryError, Unavailable
from tenantry.messages import ENGLISH, status, user_message

AGAIN = (Stale, Unavailable)
"""What may well succeed when the very same request is sent again."""

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What every answer that is not a success looks like."""

    type: str
    """One URI for each `code`. It need not lead anywhere; a host that documents its errors lets it."""
    title: str
    status: int
    detail: str
    """A sentence for whoever uses the application."""
    code: str
    """A name for programs; it never changes."""
    data: dict[str, Any] = {}
    """What a client words for its users: the rule, the field, and what the rule speaks of."""

    def response(self, headers: Mapping[str, str] | None = None) -> JSONResponse:
        """The document, as it is sent."""
        return JSONResponse(self.model_dump(mode="json"), self.status, headers, MEDIA_TYPE)


RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
    }
}
"""For the OpenAPI document."""


def problem(status: int, code: str, detail: str, **data: Any) -> Problem:
    return Problem(
        type=f"https://acme.test/problems/{code.replace('_', '-')}",
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        code=code,
        data=data,
    )


def install(app: FastAPI) -> None:
    """Let the application answer every error with a problem document."""

    @app.exception_handler(TenantryError)
    async def refused(request: Request, error: TenantryError) -> JSONResponse:
        of_the_database = isinstance(error, Unavailable)  # which is for the log, and for nobody outside
        told = {"field": error.field, "rule": error.rule, **({} if of_the_database else error.data)}
        data = {name: value for name, value in told.items() if value is not None}
        if isinstance(error, Denied):
            data |= {"decision": error.decision.code, "reasons": error.decision.reasons}
        tenancy: AsyncTenantry = request.app.state.tenancy
        with suppress(TenantryError):  # the refusal is what the caller must hear of
            # The request's transaction is rolled back by now; this is one of its own, which is committed.
            await tenancy.record_denial(error)
        again = {"Retry-After": "1"} if isinstance(error, AGAIN) else None
        return problem(status(error), error.code, user_message(error), **data).response(again)

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        # What was sent is not repeated: it may be a token.
        faults = [{"field": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in error.errors()]
        detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
        return problem(422, "invalid_request", detail, faults=faults).response()

    @app.exception_handler(HTTPException)
    async def stopped(request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).name.lower()
        return problem(error.status_code, code, str(error.detail)).response(error.headers)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        # It may be this application's own commit that has got no answer.
        return problem(500, "internal_server_error", ENGLISH["outcome_unknown"]).response()
