"""Mailers of the tests, and what they are to deliver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenantry import Delivery, Notice, NoticeKind, NoticeStatus, Tenantry
from tenantry.kernel import ids
from tenantry.notices.model import NOTICES
from tenantry.ports import Open
from tests.features.people import Company


class Postbox:
    """Keeps what it is given.

    Args:
        before: Called with each delivery before it is kept; it may raise.
    """

    def __init__(self, before: Callable[[Delivery], object] = lambda delivery: None) -> None:
        self._before = before
        self.got: list[Delivery] = []

    def send(self, delivery: Delivery) -> None:
        self._before(delivery)
        self.got.append(delivery)

    @property
    def kinds(self) -> list[str]:
        return [delivery.kind.value for delivery in self.got]


class Refusing:
    """Fails with every delivery, and says in its error what nobody else is to know."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def send(self, delivery: Delivery) -> None:
        self.keys.append(delivery.key)
        raise ConnectionRefusedError(f"no way to {delivery.email} with {delivery.token}")


def owe(acme: Company, number: int, **details: Any) -> list[str]:
    """Put so many notices into the outbox, and tell their ids."""
    now = acme.tenancy._settings.now()
    known: dict[str, Any] = {
        "kind": NoticeKind.REMOVED,
        "email": "bob@acme.test",
        "data": {"tenant": "Acme", "reason": None},
    }
    known |= {"due_at": now, "created_at": now, **details}
    notices = [Notice(tenant_id=acme.id, id=ids.new("ntc"), **known) for _ in range(number)]
    with acme.tenancy._store.command(acme.id, gate=Open()) as tx:
        tx.records(NOTICES).add(*notices)
    return [notice.id for notice in notices]


def outbox(acme: Company) -> list[Notice]:
    """Everything in the outbox of the tenant, oldest first."""
    with acme.tenancy._store.query(acme.id) as tx:
        return list(tx.records(NOTICES).list())


def statuses(acme: Company) -> list[str]:
    return [notice.status.value for notice in outbox(acme)]


def given_up(acme: Company) -> str:
    """The id of a notice that could not be delivered."""
    [id] = owe(acme, 1, status=NoticeStatus.DEAD, attempts=10, failure="SMTPServerDisconnected")
    return id


def delivered(tenancy: Tenantry) -> list[Delivery]:
    """What is due, delivered."""
    postbox = Postbox()
    tenancy.jobs.dispatch_notices(postbox)
    return postbox.got
