"""Two collections of the suite's own, for promises that none of ours needs yet.

A store keeps them as it keeps ours, by what they declare. Where a store has tables, its author makes two more for the
tests: see `PROBES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import field

from ...kernel import ids
from ...kernel.errors import NameTaken, SlugTaken
from ...kernel.values import frozen
from ...storage.collection import Collection, Order, Unique, references
from ...tenants.model import Tenant
from ...workspaces.model import WORKSPACES, Workspace

__all__ = ["DOMAINS", "PROBES", "READINGS", "Domain", "DomainStatus", "Reading", "domain", "reading"]


class DomainStatus(StrEnum):
    """Whether the tenant has proven that a domain is its own."""

    PENDING = "pending"
    VERIFIED = "verified"


@frozen(kw_only=True)
class Domain:
    """A domain that a tenant claims. Any number of tenants may claim one; one tenant has it verified."""

    tenant_id: str
    id: str
    name: str
    status: DomainStatus = DomainStatus.PENDING
    note: str | None = None


DOMAINS: Collection[Domain] = Collection(
    "domains",
    "domain",
    Domain,
    unique=(
        Unique(
            NameTaken,
            "Another tenant has verified this domain.",
            ("name",),
            where={"status": DomainStatus.VERIFIED},
            across_tenants=True,
        ),
        Unique(SlugTaken, "This tenant has this domain already.", ("name",)),
    ),
)


@frozen(kw_only=True)
class Reading:
    """What a job has read of a workspace, or of the tenant as a whole. A tenant has one of each kind.

    What reads it belongs to one tenant.
    """

    tenant_id: str
    id: str
    kind: str
    device: str
    workspace_id: str | None = None
    amount: int | None = None
    source: str | None = None
    figures: Mapping[str, Any] = field(factory=dict)


READINGS: Collection[Reading] = Collection(
    "readings",
    "reading",
    Reading,
    documents=frozenset({"figures"}),
    unique=(
        Unique(NameTaken, "This tenant has a reading of this kind already.", ("kind",)),
        Unique(SlugTaken, "Something else is read with this device.", ("device",), across_tenants=True),
    ),
    references={"workspace_id": references(WORKSPACES)},
    orders={"kind": Order(("kind", "id"))},
    job=True,
)

PROBES: tuple[Collection[Any], ...] = (DOMAINS, READINGS)
"""The collections that the suite brings along."""


def domain(tenant: Tenant, name: str, **values: Any) -> Domain:
    """A domain that is nowhere yet."""
    given: dict[str, Any] = {"tenant_id": tenant.id, "id": ids.new("dom"), "name": name}
    return Domain(**given | values)


def reading(place: Workspace, **values: Any) -> Reading:
    """A reading that is nowhere yet, of a kind and by a device that are nowhere either."""
    id = values.setdefault("id", ids.new("rdg"))
    given: dict[str, Any] = {
        "tenant_id": place.tenant_id,
        "workspace_id": place.id,
        "kind": id,
        "device": ids.new("dev"),
    }
    return Reading(**given | values)
