"""The how-to on guide layers, followed: its layer compiles, finds what it says, and its flow and its error are real."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from gateway.catalogue import Catalogue
from partners.policies import Policies
from translators.changes import KINDS
from translators.finding import Where
from translators.guide import GuideError
from translators.reading import read
from translators.validation import validate

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "write-a-guide-layer.md").read_text()
EXPLAINED = (ROOT / "docs" / "explanation" / "guides.md").read_text()
NAME = "northern-lines/iftsta"
GOOD = (
    "BGM+77+R1+9'DTM+137:20261103:102'DTM+9:20261103:102'NAD+CZ+X'NAD+CA+SCAC'CTA+IC'CNI+1'STS+1+13'EQD+CN+MSKU1234567'"
)


def block(language: str, text: str = PAGE) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    assert found is not None
    return found[1]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A gateway's folder with the layer where the page puts it."""
    (tmp_path / "sallyport.yaml").write_text("")
    (tmp_path / "guides" / "northern-lines").mkdir(parents=True)
    (tmp_path / "guides" / f"{NAME}.json").write_text(block("json"))
    return tmp_path


def found(home: Path, body: str, on: date = date(2026, 11, 3)) -> list[tuple[str, str, str | None]]:
    guide = Catalogue.of(home).guide("edifact/D.96A/IFTSTA", [NAME], on=on)
    assert guide is not None
    count = body.count("'") + 2
    data = f"UNB+UNOC:3+A+B+261103:0915+77'UNH+1+IFTSTA:D:96A:UN'{body}UNT+{count}+1'UNZ+1+77'"
    reading = read(data.encode())
    (message,) = reading.interchanges[0].messages
    findings = validate(message, guide, reading.source, Where()).findings
    return [(each.code, each.where.path or "", each.guide) for each in findings]


def test_what_the_partner_asks_for_passes(home: Path) -> None:
    assert found(home, GOOD) == []


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        (lambda body: body.replace("NAD+CZ", "TSR+27'NAD+CZ"), "segment-not-used", "TSR"),
        (lambda body: body.replace("+R1+", "+R12345678901234567+"), "element-too-long", "BGM"),
        (lambda body: body.replace("+R1+9", "+R1+1"), "code-unknown", "BGM"),
        (lambda body: body.replace("DTM+137", "DTM+9"), "segment-missing", "DTM[137]"),
        (lambda body: body.replace("NAD+CA+SCAC'CTA+IC'", ""), "group-missing", "SG1[CA]"),
        (lambda body: body.replace("NAD+CA+SCAC", "NAD+CA"), "element-missing", "SG1[CA]/NAD"),
        (lambda body: body.replace("NAD+CZ+X'", "NAD+CZ+X'CTA+IC'"), "segment-not-used", "SG1[cargo]/SG2"),
        (lambda body: body.replace("NAD+CZ+X'", "NAD+FW+X'"), "code-unknown", "SG1/NAD"),
        (lambda body: body.replace("STS+1+13", "STS+1+1"), "code-unknown", "SG4/SG5/STS"),
        (lambda body: body.replace("MSKU1234567", "4711"), "element-pattern", "SG4/SG5/SG7/EQD"),
        (lambda body: body.replace("EQD+CN+MSKU1234567'", ""), "segment-conditional-missing", "SG4/SG5/SG7"),
    ],
)
def test_each_line_of_the_layer_finds_what_it_is_for(
    home: Path, change: Callable[[str], str], code: str, path: str
) -> None:
    assert (code, path, NAME) in found(home, change(GOOD))


def test_its_days(home: Path) -> None:
    later = GOOD.replace("STS+1+13", "STS+1+48")
    assert found(home, later, date(2026, 12, 31)) == []
    assert [code for code, _, _ in found(home, later, date(2027, 1, 1))] == ["code-unknown"]
    assert found(home, GOOD.replace("DTM+137", "DTM+9"), date(2026, 6, 30)) == []


def test_every_kind_of_change_is_in_the_table() -> None:
    rows = re.findall(r"^\| ((?:`[a-z]+`(?:, )?)+) \|", PAGE, re.M)
    assert [kind for row in rows for kind in re.findall("`([a-z]+)`", row)] == ["set", *KINDS]


def test_the_error_it_shows_is_the_one_that_comes(home: Path) -> None:
    (shown,) = re.findall(r"^Layer northern-lines/iftsta, change .*$", PAGE, re.M)
    layer = home / "guides" / f"{NAME}.json"
    layer.write_text(layer.read_text().replace('"SG1[CA]/NAD/2"', '"NAD/2"'))
    with pytest.raises(GuideError) as caught:
        Catalogue.of(home).guide("edifact/D.96A/IFTSTA", [NAME])
    assert str(caught.value) == shown


def test_the_flow_names_the_layer() -> None:
    (flow,) = yaml.safe_load(block("yaml"))["flows"]
    assert flow["guide_layers"] == [NAME]


def test_the_policies_of_the_explanation_are_policies() -> None:
    policies = Policies.model_validate(yaml.safe_load(block("yaml", EXPLAINED))["policies"])
    assert (policies.unknown_segments, policies.trailing_separators) == ("keep", "reject")
