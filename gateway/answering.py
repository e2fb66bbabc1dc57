"""The answers we get: CONTRL, TA1, 997, 999, APERAK and 824 of a partner, matched to what it owed us.

Every statement is kept as a receipt, also one that repeats or contradicts an earlier one. What it says goes to each
expectation that it answers; a statement about an interchange goes to all its messages, except where the same
acknowledgment says something of its own about one of them. A statement that answers nothing we know is a case: either
somebody answers for somebody else, or our own ledger is missing something.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from gateway.acknowledging import Answered
from gateway.ids import new_id
from gateway.ledger import cases, expectations, journal, receipts
from gateway.ledger.expectations import Expectation
from gateway.ledger.receipts import Receipt
from translators.answers import Answer, read_answers
from translators.judgement import Judgement
from translators.syntax import Source

_OF_INTERCHANGE = "ACE"
"""UN/EDIFACT 1153, a related document: where guides use it, it names the interchange."""


def settle_answers(
    connection: Connection, judgement: Judgement, source: Source, about: Answered, now: datetime
) -> None:
    """Record every statement in a received interchange and settle what it answers.

    Test data settles nothing that is real: an acknowledgment that is marked as a test, under an agreement that is
    live, is kept and becomes a case.
    """
    answers, findings = read_answers(judgement.interchange, source)
    party = about.transmission.party or ""
    test = any(each.fatal and each.code == "test-indicator-conflict" for each in judgement.interchange_findings)
    if test and answers:
        _not_counted(connection, judgement, about, party, now)
    final: dict[str, tuple[Answer, Receipt]] = {}
    for answer in answers:
        matched = [] if test else _match(connection, answer, party)
        receipt = _record(connection, answer, matched, about, party, now)
        if not matched and not test:
            _unmatched(connection, answer, receipt, about, party, now)
        for each in matched:
            # The statements go from the general to the particular: the last one about a message is the one that counts.
            final[each.id] = answer, receipt
    for expectation_id, (answer, receipt) in final.items():
        state = expectations.settle(connection, expectation_id, answer.verdict, receipt.id, now, actor=party)
        if state == "rejected":
            _rejected(connection, answer, receipt, party, now)
    for finding in findings:
        if finding.fatal:
            text = f"{finding.text} Ask the partner's EDI desk what it meant to answer, then close this case"
            cases.open(
                connection, cause="answer-unreadable", text=text, subject=about.interchange_id, party=party, at=now
            )


def _match(connection: Connection, answer: Answer, party: str) -> list[Expectation]:
    if answer.level == "package":
        return []  # We send none.
    if answer.control_number or answer.group_number:
        found = expectations.match(
            connection,
            kind=answer.kind,
            party=party,
            control_number=answer.control_number,
            group_type=answer.group_type,
            group_number=answer.group_number,
            message_reference=answer.message_reference,
        )
        if found or not answer.references:
            return list(found)
    # A number alone is told from a document's best where the partner says that it is an interchange's.
    ordered = sorted(answer.references, key=lambda each: each.qualifier != _OF_INTERCHANGE)
    values = [each.value for each in ordered]
    return list(expectations.match_named(connection, kind=answer.kind, party=party, values=values)) if values else []


def _record(
    connection: Connection, answer: Answer, matched: list[Expectation], about: Answered, party: str, now: datetime
) -> Receipt:
    one = matched[0] if matched else None
    receipt = Receipt(
        id=new_id("r", now),
        kind=answer.kind,
        direction="in",
        party=party,
        transmission=about.transmission.id,
        interchange=about.interchange_id,
        answers_interchange=one.interchange if one else None,
        answers_message=one.message if one and answer.level == "message" else None,
        control_number=answer.control_number,
        group_type=answer.group_type,
        group_number=answer.group_number,
        message_reference=answer.message_reference,
        verdict=answer.verdict,
        codes=answer.codes,
        text=answer.text,
        at=now,
    )
    receipts.record(connection, receipt)
    return receipt


def _unmatched(
    connection: Connection, answer: Answer, receipt: Receipt, about: Answered, party: str, now: datetime
) -> None:
    number = answer.control_number or answer.group_number or ", ".join(each.value for each in answer.references)
    journal.append(
        connection,
        at=now,
        subject=about.interchange_id,
        kind="receipt-unmatched",
        actor=party,
        data={"receipt": receipt.id, "kind": answer.kind, "number": number},
    )
    text = (
        f"a {answer.kind.upper()} of `{party}` answers number {number or 'none'}, which we did not send to it or for"
        " which we expect no such answer. Compare the number with what was sent; then close this case"
    )
    cases.open(connection, cause="receipt-unmatched", text=text, subject=about.interchange_id, party=party, at=now)


def _not_counted(connection: Connection, judgement: Judgement, about: Answered, party: str, now: datetime) -> None:
    text = (
        f"interchange {judgement.interchange.control_number} of `{party}` acknowledges what we sent, but is marked as a"
        " test while the agreement is live: it settles nothing. Ask the partner for the acknowledgment without the mark"
    )
    cases.open(connection, cause="answer-not-counted", text=text, subject=about.interchange_id, party=party, at=now)


def _rejected(connection: Connection, answer: Answer, receipt: Receipt, party: str, now: datetime) -> None:
    subject = receipt.answers_message or receipt.answers_interchange
    if subject is None:
        return
    text = f"{answer.text} Correct the cause and send the document anew (`sallyport send`), then close this case"
    cases.open(connection, cause="rejected-by-partner", text=text, subject=subject, party=party, at=now)
