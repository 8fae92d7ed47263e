"""The pages are true: what exists is in them, and what they name exists. Their examples are run by ``conftest.py``."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

import tsframe
from tsframe import errors
from tsframe._model.records import Reason

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "tsframe"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
DECISIONS = sorted(ROOT.glob("docs/decisions/*.md"))
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.read_text().count("\n") > 1)
FUNCTIONS = [name for name in tsframe.__all__ if inspect.isfunction(getattr(tsframe, name))]

# Pages for users: the map and the decisions speak of the inside.
USERS = "\n".join(path.read_text() for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))])
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_mentioned(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def markdown_of(path: Path) -> str:
    if path.suffix == ".md":
        return path.read_text()
    cells = json.loads(path.read_text())["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def anchors_of(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", [name for name in tsframe.__all__ if name != "__version__"])
def test_every_public_name_is_in_the_pages(name):
    assert is_mentioned(name, USERS)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_in_the_page_of_errors(name):
    assert is_mentioned(name, (ROOT / "docs/errors.md").read_text())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_option_is_in_the_pages(function):
    parameters = inspect.signature(getattr(tsframe, function)).parameters.values()
    options = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]

    assert [name for name in options if f"{name}=" not in USERS and f"`{name}`" not in USERS] == []


@pytest.mark.parametrize("code", list(Reason))
def test_every_code_of_a_rejection_is_explained(code):
    assert f"`{code}`" in (ROOT / "docs/semantics.md").read_text()
    assert f"`{code}`" in (ROOT / "docs/guide.md").read_text()


def test_every_path_on_the_map_exists():
    spans = re.findall(r"`([^`\s]+)`", ARCHITECTURE)
    paths = [span for span in spans if "/" in span or re.search(r"\.(py|md|toml)$", span)]

    assert len(paths) > len(MODULES)
    assert [path for path in paths if not (ROOT / path).exists() and not (SOURCE / path).exists()] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_every_module_is_on_the_map(module):
    assert f"`{module.relative_to(SOURCE).as_posix()}`" in ARCHITECTURE


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=name_of)
def test_every_relative_link_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", without_code(markdown_of(page)))
    broken = []
    for target in targets:
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path) if path else page
        if not found.exists() or (anchor and anchor not in anchors_of(found)):
            broken.append(target)

    assert broken == []


def test_decisions_are_numbered_without_a_gap():
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_says_its_context_and_what_was_given_up(page):
    text = page.read_text()

    assert text.startswith(f"# {page.name[:4]}: ")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Context", "Decision", "What we gave up"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name_of)
def test_a_notebook_is_kept_as_it_ran_from_top_to_bottom(notebook):
    content = json.loads(notebook.read_text())
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]

    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert not re.search(r"/(?:home|root|tmp|Users)/", json.dumps([cell["outputs"] for cell in code]))
