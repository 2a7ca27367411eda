"""Every error says by code, rule and parameters what is wrong, so that a host can word it; and each can be raised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

from tenantry.messages import ENGLISH, STATUS
from tests.features.promises.provocations import ON_POSTGRESQL, PROVOCATIONS
from tools.errors.observed import observed
from tools.errors.page import described, text_key
from tools.errors.source import ANY, CLASSES, problems, raised

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"


def test_the_rule_of_every_error_can_be_read_from_the_source() -> None:
    """Each `Invalid` has one, and it is a literal: a host words what it can look up."""
    assert problems() == []


def test_every_code_and_rule_is_provoked_and_no_other() -> None:
    """A new one owes a scene in tests/features/promises/provocations."""
    assert PROVOCATIONS.keys() == raised()


def test_nothing_is_raised_that_the_source_does_not_say() -> None:
    seen = {(each.name, each.rule) for each in observed()}
    named_by_host = {each for each in seen if (each[0], ANY) in raised()}
    assert seen - named_by_host <= raised()
    assert raised() - seen == ON_POSTGRESQL | {("LimitReached", ANY)}


def test_every_code_and_rule_has_a_text_and_every_text_a_code_and_rule() -> None:
    """Two limits of a plan are of our own counters, and so have texts of their own."""
    keys = {text_key(*each) for each in raised()}
    assert keys - ENGLISH.keys() == set()
    families = {each.code for each in CLASSES.values()}
    assert ENGLISH.keys() - keys - families == {"limit_reached.members", "limit_reached.workspaces"}
    assert STATUS.keys() <= families


def test_a_text_speaks_only_of_parameters_that_its_error_always_has() -> None:
    always: dict[tuple[str, str], set[str]] = {}
    for each in observed():
        always.setdefault((each.name, each.rule), set(each.data)).intersection_update(each.data)
    for (name, rule), parameters in always.items():
        text = ENGLISH.get(f"{CLASSES[name].code}.{rule}", ENGLISH[CLASSES[name].code])
        assert {field for _, field, _, _ in Formatter().parse(text) if field} <= parameters, (name, rule)


def test_a_text_shows_nothing_that_only_developers_should_see() -> None:
    spoken = {field for text in ENGLISH.values() for _, field, _, _ in Formatter().parse(text) if field}
    assert spoken == {"character", "high", "limit", "low", "max", "min", "used"}


def test_the_page_has_every_code_and_rule_with_its_parameters() -> None:
    rows: Mapping[tuple[str, str], str] = {
        (found[1], found[2]): found[3]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if (found := re.match(r"\| `(\w+)` \| (`\w+`|\*the limit\*) \| .*? \| (.*?) \|.+\|.*\|$", line))
    }
    expected = {
        (CLASSES[name].code, "*the limit*" if rule == ANY else f"`{rule}`"): parameters
        for (name, rule), parameters in described().items()
    }
    assert rows.keys() == expected.keys()
    assert {key: set(re.findall(r"`(\w+)`", row)) for key, row in rows.items()} == expected


def test_every_class_can_be_raised() -> None:
    """But the root, which is what a host catches."""
    assert CLASSES.keys() - {name for name, _ in raised()} == {"TenantryError"}


def test_what_an_end_user_reads_is_sentences_without_ids_and_without_names_of_permissions() -> None:
    for text in {each.text for each in observed()}:
        assert re.fullmatch(r"[A-Z][^{}]*\.", text), text
        assert not re.search(r"_|-api", text), text
