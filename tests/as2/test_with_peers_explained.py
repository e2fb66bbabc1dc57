"""What is said of the peers: to people the same as to the tests, and nothing of it can go stale unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.as2.peers.matrix import TOPICS, VECTORS, unexplained

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "as2-interoperability.md"
FILES = sorted(VECTORS.glob("*.json"))
OF_OURS = "SHA-1 and 3DES are read by a permission that has an end, and counted"
"""Said once on the page, for all of them."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_page_says_what_the_tests_know(file: Path) -> None:
    reasons = {reason for topic in json.loads(file.read_bytes()).values() for reason in topic}
    page = " ".join(PAGE.read_text().split())
    assert {reason for reason in reasons - {OF_OURS} if f"- {reason}." not in page} == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_page_says_nothing_else(file: Path) -> None:
    reasons = {reason for topic in json.loads(file.read_bytes()).values() for reason in topic}
    heading = {"pyas2lib": "pyas2lib", "camel": "Apache Camel", "phase2": "phase2"}[file.stem]
    section = PAGE.read_text().partition(f"### {heading}\n")[2].partition("\n#")[0]
    said = [" ".join(each.split()) for each in ("\n" + section).split("\n- ")[1:]]
    assert len(said) == len(reasons - {OF_OURS})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_topics_are_those_that_are_exchanged(file: Path) -> None:
    assert set(json.loads(file.read_bytes())) == set(TOPICS)


def test_what_is_new_and_what_is_no_longer_so_is_found() -> None:
    known = "to peer, ciphertext ends with 0d: refused (mdn-negative)"
    assert f"no longer: {known}" in unexplained("camel", "ciphers", "to peer", [])
    assert f"no longer: {known}" not in unexplained("camel", "ciphers", "to peer", [known])
    assert "to peer, aes128-cbc: accepted" in unexplained(
        "camel", "ciphers", "to peer", ["to peer, aes128-cbc: accepted"]
    )
    assert unexplained("phase2", "payloads", "to us", []) == []
