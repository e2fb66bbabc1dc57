"""Judging and translating a file as an agreement says; loaded when ``--profile`` asks for it."""

from __future__ import annotations

from pathlib import Path

from gateway.catalogue import Catalogue
from gateway.cli.output import fail
from gateway.cli.places import home_of
from gateway.judging import FlowGuides
from gateway.profiles_folder import load_profiles
from partners import Agreement, Flow, Outcome, Recognition
from translators.judgement import Judgement
from translators.lookup import meant_version
from translators.syntax import Source


def agreement_of(catalogue: Catalogue, name: str, folder: Path) -> Agreement:
    """The agreement with this id, of the gateway at ``folder``."""
    home = home_of(folder)
    loaded = load_profiles(home.profiles, catalogue)
    if loaded.register is None:
        fail(f"the profiles in {home.profiles} have faults", f"sallyport profiles check --home {folder}")
    agreement = loaded.register.agreements.get(name)
    if agreement is None:
        fail(f"there is no agreement `{name}`", f"there are: {', '.join(loaded.register.agreements) or 'none'}")
    return agreement


def guides_of(catalogue: Catalogue, agreement: Agreement, source: Source) -> FlowGuides:
    """The guides by which the agreement's flows judge; the user has said that it is this one, whoever sent the file."""
    recognition = Recognition(
        outcome=Outcome.RECOGNISED,
        text=f"agreement `{agreement.id}` was asked for",
        party=agreement.party,
        us=agreement.us,
        agreements=(agreement,),
        nearest=agreement,
    )
    return FlowGuides(catalogue, recognition, source)


def flows_of(agreement: Agreement, judgement: Judgement) -> list[Flow]:
    """The agreement's flows by which the messages came, as a gateway tells them."""
    syntax = judgement.interchange.syntax
    kinds = dict.fromkeys((each.message.kind.type, each.message.kind.version) for each in judgement.messages)
    found = []
    for type_, version in kinds:
        flow = agreement.flow_for("in", syntax, type_, version)
        if flow is None and (meant := meant_version(syntax, version)) is not None:
            flow = agreement.flow_for("in", syntax, type_, meant)
        if flow is not None:
            found.append(flow)
    return found
