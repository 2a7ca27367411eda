"""Who is asking, and from where.

DEVELOPMENT ONLY: whoever sends `X-User: ada` is taken for Ada. A real host reads its session cookie or its token here;
what matters to tenantry is only that a `Principal` comes out, and that `email_verified` is true only with proof.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyHeader

from tenantry import Origin, Principal

from .database import Session, User

header = APIKeyHeader(name="X-User", auto_error=False, description="Development only: the id of a user, as it is.")


async def principal(session: Session, user_id: Annotated[str | None, Security(header)]) -> Principal:
    """The host's user as tenantry knows them."""
    user = await session.get(User, user_id) if user_id else None
    if user is None:
        raise HTTPException(401, "Say who you are: send the id of a user as X-User.", {"WWW-Authenticate": "X-User"})
    return Principal(user.id, name=user.name, email=user.email, email_verified=user.email_verified, active=user.active)


def origin(request: Request) -> Origin:
    """Where the request comes from, for the audit trail."""
    return Origin(
        address=request.client.host if request.client else None,
        user_agent=_readable(request.headers.get("user-agent", "")),
        request_id=_readable(request.headers.get("x-request-id", "")),
    )


def _readable(value: str) -> str | None:
    """What a stranger sent, as far as it can be shown: an odd header must not make the request fail."""
    return "".join(filter(str.isprintable, value))[:512].strip() or None


Me = Annotated[Principal, Depends(principal)]
From = Annotated[Origin, Depends(origin)]
