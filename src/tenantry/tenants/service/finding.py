"""How a tenant is found among all: by something in it of which only the id is known, and by its own name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...kernel import text
from ...kernel.errors import Invalid
from ...kernel.principal import Principal, require_system, verified_email_key
from ...runtime.pages import Page, page
from ...runtime.registry import LOCATABLE, LOCATABLE_BY_THE_HOST
from ...runtime.runner import across
from ...runtime.unit_of_work import Settings
from ...storage.collection import Collection
from ...storage.ports import AnyOf, Located, OneOf, Operator, Scope, StartsWith, Store
from ..model import KEPT, TENANTS, Tenant, TenantStatus, name_key

__all__ = ["list_tenants", "locate", "locate_anywhere"]


def locate(store: Store, person: Principal, id: str) -> str:
    """See `PersonContext.locate`; an account that is switched off finds nothing."""
    collection = _collection_of(id, LOCATABLE)
    scope = Located(id, person.user_id, verified_email_key(person))
    return _tenant_with(store, scope, collection, [id] if person.active else [])


def locate_anywhere(store: Store, id: str, *, by: Principal) -> str:
    """See `Tenantry.locate`."""
    require_system(by, "locates an id among all tenants")
    return _tenant_with(store, Operator(), _collection_of(id, LOCATABLE_BY_THE_HOST), [id])


def list_tenants(
    store: Store, settings: Settings, *, by: Principal, status: str | None, search: str | None, **paging: Any
) -> Page[Tenant]:
    """See `Tenantry.tenants`."""
    require_system(by, "lists all tenants")
    where: dict[str, Any] = {"status": OneOf(KEPT)}
    if status is not None:
        where["status"] = text.choice(status, TenantStatus, "status")
    if search is not None:
        begins = StartsWith(name_key(text.exact(search, "search")))
        where[AnyOf.NAME] = AnyOf([{"name_key": begins}, {"slug": begins}, {"id": search}])
    with across(store, Operator()) as tenants:
        return page(
            tenants.records(TENANTS),
            TENANTS,
            where,
            keys=settings.keys,
            context=f"tenancy.tenants {status} {search!r}",
            present=lambda found: found,
            **paging,
        )


def _collection_of(id: object, known: Sequence[Collection[Any]]) -> Collection[Any]:
    """What an id says that it is the id of."""
    prefix = text.exact(id, "id").partition("_")[0]
    for collection in known:
        if collection.prefix == prefix:
            return collection
    kinds = " or ".join(f"a {each.noun} ({each.prefix}_…)" for each in known)
    raise Invalid(f"The id must be that of {kinds}.", field="id", rule="malformed")


def _tenant_with(store: Store, scope: Scope, collection: Collection[Any], ids: Sequence[str]) -> str:
    """The id of the tenant in which the scope shows one of these."""
    with across(store, scope) as tenants:
        found = tenants.records(collection).find(id=OneOf(ids))  # apart from the scope's, so that an index leads to it
    if found is None:
        raise collection.missing()
    tenant_id: str = found.tenant_id
    return tenant_id
