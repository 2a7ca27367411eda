"""The rooms and the verbs of a front door, found by reflection; and what a sweep does not know of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from inspect import getmembers_static, isfunction, signature
from types import FunctionType
from typing import Any

from tenantry.runtime.service import Service

__all__ = ["behind_no_door", "not_described", "rooms", "verbs", "without_twin"]

HANDLES = ("tenancy", "person", "tenant", "jobs")
"""The rooms that hand verbs on: what they do themselves may be a verb of some service."""

BY_HAND = {"tenancy.using", "tenancy.person", "tenancy.tenant", "tenancy.transaction", "tenancy.retry"}
"""What asks the store nothing by itself, or takes what awaits: written twice, with the same parameters."""


def rooms(kind: type, name: str = "tenancy") -> Mapping[str, type]:
    """The room of this kind and all that it leads to, by name: properties, and methods that give a context."""
    found = {name: kind}
    for way, member in getmembers_static(kind):
        if way.startswith("_"):
            continue
        if isinstance(member, property):
            there = _returned(member.fget)
            if there is None:
                raise AssertionError(
                    f"`{name}.{way}` leads nowhere: annotate the property with the class of its verbs."
                )
            found |= rooms(there, way)
        elif isfunction(member) and (there := _returned(member)) and there.__name__.endswith("Context"):
            found |= rooms(there, way)
    return found


def _returned(function: Any) -> type | None:
    """The class that a function says it returns, if it is one."""
    found = function.__globals__.get(function.__annotations__.get("return"))
    return found if isinstance(found, type) else None


def verbs(kind: type, name: str = "tenancy") -> Mapping[str, FunctionType]:
    """Every verb of the room of this kind and of all that it leads to, by its name, such as `members.add`."""
    return {
        f"{room}.{verb}": member
        for room, there in rooms(kind, name).items()
        for verb, member in getmembers_static(there, isfunction)
        if not verb.startswith("_")
    }


def not_described(door: type, described: Mapping[str, Collection[str]]) -> set[str]:
    """A sentence for each verb, or parameter, that the table of verbs does not have or should not.

    Args:
        door: The front door.
        described: For each verb of the table the parameters that it gives.
    """
    found = verbs(door)
    missing = {
        f"`{name}` is in no sweep: add it to VERBS in tests/features/verbs.py, with its arguments, the number of its"
        " statements, and whether it only reads."
        for name in found.keys() - described.keys()
    }
    gone = {f"`{name}` is in VERBS and is no verb: remove it." for name in described.keys() - found.keys()}
    for name in found.keys() & described.keys():
        taken, given = signature(found[name]).parameters.keys() - {"self"}, set(described[name])
        missing |= {f"`{name}` takes `{each}`, which VERBS does not give." for each in taken - given}
        gone |= {f"`{name}` does not take `{each}`, which VERBS gives." for each in given - taken}
    return missing | gone


def without_twin(door: type, awaited: type) -> set[str]:
    """A sentence for each room or verb that is not awaited, and for what is awaited and is none."""
    there, twins = rooms(door), rooms(awaited)
    sentences = {
        f"The room `{name}` is not awaited: add a class Async{kind.__name__}(Awaited[{kind.__name__}]) to aio.py, and a"
        f" property `{name}` that returns it."
        for name, kind in there.items()
        if name not in twins
    }
    sentences |= {f"The room `{name}` is awaited and is none." for name in twins.keys() - there.keys()}
    for name in there.keys() & twins.keys():
        sentences |= set(_verbs_without_twin(name, there[name], twins[name]))
    return sentences


def _verbs_without_twin(room: str, kind: type, twin: type) -> Iterator[str]:
    found, awaited = (dict(getmembers_static(each, isfunction)) for each in (kind, twin))
    for name in sorted(name for name in found if not name.startswith("_")):
        line = f"`{name} = Async({kind.__name__}.{name})`"
        if name not in awaited:
            yield f"`{room}.{name}` has no async twin: add {line} to {twin.__name__} in aio.py."
        elif f"{room}.{name}" not in BY_HAND and getattr(awaited[name], "__wrapped__", None) is not found[name]:
            yield f"`{room}.{name}` is not what its async twin awaits: write {line} in {twin.__name__} in aio.py."
    for name in sorted(awaited.keys() - found.keys() - {"run"}):
        if not name.startswith("_"):
            yield f"`{room}.{name}` is awaited and is no verb: remove it from {twin.__name__} in aio.py."


def behind_no_door(door: type, services: Collection[type[Service]]) -> set[str]:
    """A sentence for each verb of a service to which no room leads, neither by itself nor by a verb of this name."""
    found = rooms(door)
    handed_on = {name.partition(".")[2] for name in verbs(door) if name.partition(".")[0] in HANDLES}
    return {
        f"`{service.__name__}.{name}` of {service.__module__} cannot be reached: let a property of TenantContext return"
        f" {service.__name__}, or call it from a verb of the same name."
        for service in services
        if not any(issubclass(kind, service) for kind in found.values())
        for name, _ in getmembers_static(service, isfunction)
        if not name.startswith("_") and name not in handed_on
    }
