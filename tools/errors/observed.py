"""What the library raises when it is run: by every provocation, and by every verb in the hands of whoever may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from types import CodeType, TracebackType
from typing import Any, Final

from attrs import evolve, frozen

from tenantry import Denied, InvalidRows, Level, Principal, Role, Scheme, Tenantry, TenantryError, TenantStatus, schemes
from tenantry.memory import MemoryStore
from tenantry.messages import user_message
from tests.features.front_door import verbs
from tests.features.hostile import MALFORMED
from tests.features.people import ADA, EVE, SECRET, someone
from tests.features.promises.provocations import ON_POSTGRESQL, PROVOCATIONS, Scene
from tests.features.promises.test_hostile_input import each_parameter
from tests.features.verbs import IN_A_TENANT, VERBS, World

__all__ = ["Needed", "Observed", "needed", "observed"]

NOBODY: Final = someone("nobody")
_DOORS: Final[Mapping[CodeType, str]] = {member.__code__: name for name, member in verbs(Tenantry).items()}


@frozen
class Observed:
    """An error that was raised.

    Args:
        name: The name of its class.
        rule: Which rule was broken.
        field: What was refused; empty where it is nothing in particular.
        data: What it speaks of: the names of its parameters.
        verb: What was called; empty where nothing of the front door was.
        text: What an end user may read of it.
    """

    name: str
    rule: str
    field: str
    data: tuple[str, ...]
    verb: str
    text: str

    @classmethod
    def of(cls, error: TenantryError) -> Observed:
        """What there is to say of an error."""
        verb = _verb_of(error.__traceback__)
        field = (error.field or "").partition(".")[0]
        return cls(type(error).__name__, error.rule, field, tuple(error.data), verb, user_message(error))


@frozen
class Needed:
    """What a member needs to do what `VERBS` does.

    Args:
        permissions: Each that the library names in turn, to somebody who has those before.
        everything_given: Whether the last thing that is missing is what others get or lose by it: the ceiling.
    """

    permissions: tuple[str, ...]
    everything_given: bool = False


@cache
def observed() -> Sequence[Observed]:
    """Every error that was seen, each once."""
    return tuple(dict.fromkeys(Observed.of(error) for error in _errors()))


@cache
def needed() -> Mapping[str, Needed]:
    """The permissions by verb, for what is done in one tenant."""
    world = _World(NOTHING)
    in_turn = sorted(IN_A_TENANT, key=lambda name: name in RECOVERING)  # what these need closes the tenant
    return {name: _needed(world, name) for name in in_turn}


def _errors() -> Iterator[TenantryError]:
    for key, provoke in PROVOCATIONS.items():
        if key not in ON_POSTGRESQL:
            yield from _caught(lambda provoke=provoke: provoke(Scene.in_memory()))  # type: ignore[misc]
    world = World(MemoryStore())
    for name, parameter, arguments, _ in list(each_parameter(world)):
        act = world.verb(name, VERBS[name].by)
        for value in MALFORMED.values():
            yield from _caught(lambda: act(**arguments | {parameter: value}))  # noqa: B023 - called at once
    for hinder, by in HINDRANCES:
        yield from _hindered(hinder, by)


def _hindered(hinder: Callable[[World], object], by: Principal) -> Iterator[TenantryError]:
    """What every verb of a tenant answers when something stands in the way."""
    world = _World(NOTHING)
    arguments = {name: VERBS[name].args(world) for name in IN_A_TENANT if name not in RECOVERING}
    hinder(world)
    for name, given in arguments.items():
        yield from _caught(lambda: _tried(world.tenancy, world.acme.id, by, name, given))  # noqa: B023 - called at once


RECOVERING: Final = ("tenant.resume", "tenant.restore")
"""What has a tenant that is closed in its arguments."""


def _suspend(world: World) -> None:
    world.closed(TenantStatus.SUSPENDED)


def _delete(world: World) -> None:
    world.closed(TenantStatus.DELETED)


HINDRANCES: Final[Sequence[tuple[Callable[[World], object], Principal]]] = (
    (lambda world: None, EVE),
    (lambda world: None, NOBODY),
    (lambda world: None, evolve(ADA, active=False)),
    (lambda world: None, evolve(ADA, impersonated_by="support_7")),
    (lambda world: world.acme.context().members.deactivate(NOBODY.user_id), NOBODY),
    (_suspend, ADA),
    (_delete, ADA),
)


def _holding(*permissions: str) -> Scheme:
    """A scheme with a tenant role `some` that holds these, in each workspace too."""
    levels = {level: [each for each in permissions if each.startswith(f"{level}-api:")] for level in Level}
    there = Role("some_there", Level.WORKSPACE, levels[Level.WORKSPACE])
    return schemes.AGENCY.extend(roles=[there, Role("some", Level.TENANT, levels[Level.TENANT], acts_as=there.key)])


NOTHING: Final = _holding()


class _World(World):
    """With a member whose role holds what a scheme says."""

    def __init__(self, scheme: Scheme) -> None:
        self.store = MemoryStore()
        super().__init__(self.store, scheme=scheme)
        self.acme.add(NOBODY, "some")


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


def _needed(world: _World, name: str) -> Needed:
    arguments = VERBS[name].args(world)
    found: list[str] = []
    while True:
        try:
            tenancy = Tenantry(store=world.store, scheme=_holding(*found), secret_keys=[SECRET])
            _tried(tenancy, world.acme.id, NOBODY, name, arguments)
        except Denied as error:
            if error.rule != "permission_missing" or error.data["permission"] in found:
                return Needed(tuple(found), error.rule == "beyond_own_rights")
            found.append(error.data["permission"])
        except InvalidRows as error:
            return Needed(tuple(found), error.denied is not None and error.denied.rule == "beyond_own_rights")
        except TenantryError:  # also where no role but the owners' can hold a permission
            return Needed(tuple(found))
        else:
            return Needed(tuple(found))


def _tried(tenancy: Tenantry, tenant_id: str, by: Principal, name: str, arguments: Mapping[str, Any]) -> None:
    """Call a verb in a transaction of which nothing stays."""
    room, _, verb = name.partition(".")
    with suppress(_Undone), tenancy.transaction() as tx:
        context = tx.tenant(tenant_id, by=by)
        getattr(context if room == "tenant" else getattr(context, room), verb)(**arguments)
        raise _Undone


def _caught(act: Callable[[], object]) -> Iterator[TenantryError]:
    try:
        act()
    except TenantryError as error:
        yield error
    except Exception:  # noqa: BLE001, S110 - of the host, which is not what is listed
        pass


def _verb_of(trace: TracebackType | None) -> str:
    """The first verb of the front door on the way to the error."""
    while trace is not None:
        frame = trace.tb_frame
        here: Mapping[str, Any] = frame.f_locals
        name = _DOORS.get(frame.f_code, "")
        if name.partition(".")[2] != frame.f_code.co_name:  # the code that all verbs of services share
            name = f"{getattr(here.get('self'), 'name', '')}.{here.get('name', '')}"
        if name in VERBS:
            return name
        trace = trace.tb_next
    return ""
