"""The reference is complete, and says what the sources say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tools import presets, reference, refusals

from tallystick.securities import rules
from tallystick.securities.codes import Code, OfferingCode

DOCS = Path(__file__).parents[2] / "docs"


def test_every_error_is_in_the_reference() -> None:
    assert (DOCS / "errors.md").read_text() == reference.page()


def test_every_error_says_how_to_mend_it() -> None:
    whole_files = frozenset({"InvalidFile"})  # their defects say it
    silent = [
        f"{path.relative_to(reference.SOURCES)}: {code}: {message}"
        for path in sorted(reference.SOURCES.rglob("*.py"))
        for code, _, message, cure in reference.raised(path, leave_out=whole_files)
        if not cure
    ]
    assert not silent, "no cure:\n" + "\n".join(silent)


def test_every_preset_is_on_its_page_with_its_sources() -> None:
    text = (DOCS / "presets.md").read_text()
    assert text == presets.page()
    assert text.count("**unverified**") > 1


def test_every_rule_has_a_heading() -> None:
    headings = set(re.findall(r"^## (\S+)$", (DOCS / "rules.md").read_text(), re.MULTILINE))
    assert headings == {rule.name for rule in rules.TABLE}


def test_every_code_is_in_the_table_of_rules() -> None:
    text = (DOCS / "rules.md").read_text()
    rows = dict(re.findall(r"^\| (\d+) \| `([a-z-]+)`", text, re.MULTILINE))
    assert rows == {str(code.value): code.label for code in Code if code.value}


def test_no_error_has_a_computed_code() -> None:
    """The reference finds codes where they are raised; it cannot find what is put together."""
    for path in reference.SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                computed = name in reference.CLASSES and isinstance(node.args[0], ast.JoinedStr)
                assert not computed, f"{path}: line {node.lineno}"


def test_every_refusal_has_an_example_that_is_judged_anew() -> None:
    assert (DOCS / "refusals.md").read_text() == refusals.page()
    named = [code for code, _, _ in refusals.EXAMPLES]
    assert named == [*[code for code in Code if code.value], *OfferingCode]


@pytest.mark.parametrize("example", refusals.EXAMPLES, ids=lambda example: example[0].label)
def test_an_example_is_refused_for_what_it_shows(example: refusals.Example) -> None:
    code, _, judge = example
    [refusal] = judge().refusals
    assert refusal.code is code
    assert refusal.message and refusal.source and refusal.cure.endswith((".", "`"))  # noqa: PT018
