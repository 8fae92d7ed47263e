"""Named figures as people see them: at a prompt, and in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    Lines: TypeAlias = Sequence[tuple[str, object]]

_WIDTH: Final = 19


def as_text(lines: Lines) -> str:
    """Show each figure on a line, or on several that are indented alike."""
    indent = "\n" + " " * _WIDTH
    return "\n".join(f"{name:<{_WIDTH}}{value}".replace("\n", indent) for name, value in lines)


def as_html(lines: Lines, kind: str) -> str:
    """Show each figure in a row of a table of the class ``tsframe-kind``; any text is taken as text."""
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left;white-space:pre-wrap">'
        f"{escape(str(value))}</td></tr>"
        for name, value in lines
    )
    return f'<table class="tsframe-{kind}"><tbody>{cells}</tbody></table>'
