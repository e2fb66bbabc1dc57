"""Documentation is under test: links lead somewhere, pages can be found, what is generated is today's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from partners import load
from tests.house.generate import GENERATED

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "tests").rglob("*.md")])
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
_LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
EXAMPLE = "COARRI"
"""The message type that a how-to adds; its files are not there."""
_FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def prose(path: Path) -> str:
    """A page without its code blocks."""
    return _FENCE.sub("", path.read_text())


def anchors(path: Path) -> set[str]:
    """The fragments of a page's headings, as they are made from the words."""
    headings = re.findall(r"^#+ (.*)$", prose(path), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links(path: Path) -> list[tuple[Path, str]]:
    """The links of a page that stay in the project: target and fragment."""
    found = []
    for target in _LINK.findall(prose(path)):
        if not re.match(r"[a-z]+:", target):
            name, _, fragment = target.partition("#")
            found.append(((path.parent / name).resolve() if name else path, fragment))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """To a file or folder that exists, and to a heading that is there."""
    for target, fragment in links(page):
        assert target.exists(), target
        assert target.is_relative_to(ROOT)
        if fragment:
            assert fragment in anchors(target)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_has_one_title_and_it_comes_first(page: Path) -> None:
    """So that it can be named."""
    titles = re.findall(r"^# .*$", prose(page), re.M)
    assert len(titles) == 1
    assert page.read_text().startswith(titles[0])


def test_every_page_is_reached_from_the_map() -> None:
    """By links, beginning at ``docs/README.md``."""
    reached: set[Path] = set()
    waiting = [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [target for target, _ in links(page) if target.is_relative_to(DOCS) and target.is_file()]
    assert {page for page in PAGES if page.is_relative_to(DOCS)} - reached == set()


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_what_is_generated_is_todays(name: str) -> None:
    """After a change of the code: ``make generate``."""
    assert (ROOT / name).read_text() == GENERATED[name]()


def test_decisions_are_numbered_without_gaps() -> None:
    """0001, 0002, and so on."""
    assert [page.name[:5] for page in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]
    assert DECISIONS


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_what_and_why_and_what_else(page: Path) -> None:
    """The same parts in each, so that a reader finds them."""
    text = page.read_text()
    assert re.match(rf"# {int(page.name[:4])}\. .+\n\n\*\*Status:\*\* \w+", text)
    assert re.findall(r"^## (.*)$", text, re.M) == ["Decision", "Why", "What else was considered", "What follows"]


def test_code_in_the_docs_names_files_that_exist() -> None:
    """A path of the project in backquotes, such as ``partners/loading.py``, is a file or a folder."""
    tops = "gateway|translators|partners|profiles|as2|archive|queues|tests|docs|benchmarks"
    missing = []
    for page in PAGES:
        if page.is_relative_to(ROOT / "tests" / "vectors"):
            continue
        for path in re.findall(rf"`((?:{tops})/[\w./-]*\w/?)`", prose(page)):
            if not (ROOT / path).exists() and EXAMPLE not in path.upper():
                missing.append(f"{page.relative_to(ROOT)}: {path}")
    assert missing == []


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of one language on a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.M | re.S)


def test_the_profile_of_the_how_to_loads() -> None:
    """Its pieces make one profile, and a slip gives the fault that is shown."""
    party, channel, agreement, codes, use = blocks("how-to/write-a-partner-profile.md", "yaml")
    shipped = [*(ROOT / "profiles" / "templates").glob("*.yaml"), ROOT / "profiles/partners-example/meridian.yaml"]
    files = [(path.name, path.read_bytes()) for path in shipped]
    text = party + channel + agreement + use.removeprefix("    flows:\n")
    result = load([*files, ("northern.yaml", text.encode()), ("codes.yaml", codes.encode())])
    assert [fault.severity for fault in result.faults] == ["warning"]
    assert result.register is not None
    flow = result.register.flow("northern-lines/status-in")
    assert flow is not None
    assert flow[1].code_lists == {"status": "northern-status"}
    wrong = load([*files, ("northern.yaml", text.replace("status: test", "status: tset").encode())])
    shown = re.search(r"^northern.*$", (DOCS / "how-to/write-a-partner-profile.md").read_text(), re.M)
    assert shown is not None
    assert shown[0] in [str(fault) for fault in wrong.faults]


def commands() -> list[tuple[str, ...]]:
    """Every command of ours that a page shows in code."""
    found = set()
    for page in PAGES:
        text = page.read_text()
        for code in (*re.findall(r"`([^`\n]+)`", text), *_FENCE.findall(text)):
            for words in re.findall(r"(?:^|[\s])sallyport ([a-z0-9]+)(?: ([a-z]+)(?![\w./:-]))?", f" {code}"):
                found.add(tuple(word for word in words if word))
    return sorted(found)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_in_the_docs_exist(words: tuple[str, ...]) -> None:
    """Each answers to ``--help``."""
    script = "import sys; from gateway.cli import main; sys.exit(main())"
    told = subprocess.run([sys.executable, "-c", script, *words, "--help"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
