"""A customs office as a partner: its profile, and what it sends us, made from the examples that ship."""

from __future__ import annotations

from importlib.resources import files

PARTY = "be-customs"

PROFILE = """\
party:
  id: be-customs
  name: Customs, Antwerp
  identities:
    - {scheme: unb, qualifier: ZZZ, value: BECUSTOMS}
    - {scheme: x12, qualifier: ZZ, value: USCUSTOMS}
  contacts:
    - {role: edi-operations, email: edi@customs.example}

channels:
  - id: be-customs-mailbox
    kind: sftp
    login: be-customs
    authorized_keys: {file: keys/be-customs.pub}
    file_name: "{type}-{number}.edi"

agreements:
  - id: be-customs
    extends: [standard-terms]
    us: meridian
    status: live
    valid_from: 2026-01-01
    timezone: Europe/Brussels
    flows:
      - id: answers
        direction: in
        channel: be-customs-mailbox
        priority: urgent
        message: {standard: edifact, version: D.96A, type: CUSRES}
        canonical: customs_response/1
        issue: []
      - id: cargo-answers
        direction: in
        channel: be-customs-mailbox
        priority: urgent
        message: {standard: x12, version: "004010", type: "350"}
        canonical: customs_response/1
        issue: []
"""


def _shipped(name: str) -> bytes:
    return (files("profiles") / "examples" / "customs_response" / name).read_bytes()


def hold(number: int = 88120) -> bytes:
    """A CUSRES about one declaration: accepted, and the goods are detained."""
    return _shipped("import-brussels.cusres.edi").replace(b"GIS+5'", b"GIS+7'").replace(b"88120", b"%d" % number)


def cargo_answer() -> bytes:
    """A 350 about three bills of lading: released, held, to travel on."""
    return (
        _shipped("hold-long-beach.350.x12")
        .replace(b"*02*HLCU           *261012*", b"*ZZ*MERIDIAN       *261012*")
        .replace(b"GS*AU*USCUSTOMS*HLCU*", b"GS*AU*USCUSTOMS*MERIDIAN*")
    )
