"""Writes `docs/errors.md` from the sources: `python tools/reference.py`.

Every error code stands where it is raised, with its message and its cure; this gathers them, so
that the reference cannot say anything else. A test compares the page with what this would write.
"""

from __future__ import annotations

import ast
from pathlib import Path

from tallystick.gateways.chain.reverts import REVERTS
from tallystick.securities.codes import Code

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "tallystick"
TARGET = ROOT / "docs" / "errors.md"
CLASSES = {
    "Invalid": 3,
    "InvalidFile": 3,
    "NotFound": 4,
    "Conflict": 5,
    "Refused": 6,
    "Unavailable": 7,
    "Misused": 2,
    "Interrupted": 130,
}
DEFECTS = {"defect"}
# Where `defect` is that of `Fields`, which names the member before the message.
OF_FIELDS = {"bond_terms.py", "fields.py", "rule_terms.py", "terms.py"}

HEAD = """# Errors

Every error has a code that never changes its meaning, says what, where and how to mend it, and
leaves everything as it was. A program reads them with `--json`.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a defect of Tallystick, or a benchmark or audit that found something |
| 2 | the command line itself is malformed |
| 3 | invalid input |
| 4 | something named does not exist |
| 5 | a clash with what exists |
| 6 | refused by the rules, by a role, or by the chain |
| 7 | something outside does not answer as it should |
| 130 | interrupted |

This page is written by `tools/reference.py`; `…` stands for what is filled in.
"""


def shown(node: ast.expr | None) -> str:
    """A string or an f-string as text, with `…` for what is filled in."""
    if node is None:
        return ""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return "…"


def raised(
    path: Path, *, leave_out: frozenset[str] = frozenset()
) -> list[tuple[str, int, str, str]]:
    """Code, exit code, message and cure of every error that a module makes.

    `leave_out` names classes of errors that are passed over.
    """
    among = (CLASSES.keys() | DEFECTS) - leave_out
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        code = node.args[0]
        if name not in among or not isinstance(code, ast.Constant):
            continue
        words = {keyword.arg: keyword.value for keyword in node.keywords}
        message_at = 2 if name == "defect" and path.name in OF_FIELDS else 1
        message = node.args[message_at] if len(node.args) > message_at else None
        found.append(
            (str(code.value), CLASSES.get(name, 3), shown(message), shown(words.get("cure")))
        )
    return found


def page() -> str:
    """The whole page."""
    entries: dict[str, tuple[int, str, str]] = {}
    for path in sorted(SOURCES.rglob("*.py")):
        for code, exit_code, message, cure in raised(path):
            known = entries.get(code)
            if known is None or (not known[2] and cure):
                entries[code] = (exit_code, message, cure)
    lines = [HEAD, "## Input, files and services\n"]
    for code in sorted(entries):
        exit_code, message, cure = entries[code]
        lines.append(f"### {code}\n\nExit code {exit_code}. {_sentence(message)} {cure}".rstrip())
    lines.append("\n## Refusals by the rules\n\nSee [rules](rules.md).\n")
    lines += [f"- `{code.label}` ({code.value})" for code in Code if code.value]
    lines.append("\n## Reasons of the contracts\n\nExit code 6.\n")
    for reason, (message, cure) in sorted(REVERTS.items()):
        if reason in entries:  # Foretold under the same code, which is above.
            continue
        lines.append(f"### {reason} (contract)\n\n{message}. {cure}")
    return "\n".join(_spaced(lines)) + "\n"


def _sentence(message: str) -> str:
    return message if message.endswith((".", "…")) or not message else f"{message}."


def _spaced(lines: list[str]) -> list[str]:
    return [f"{line}\n" if line.startswith("### ") else line for line in lines]


if __name__ == "__main__":
    TARGET.write_text(page())
