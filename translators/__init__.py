"""EDIFACT and X12 as data: read, validate, translate to canonical and back, acknowledge. Pure, no I/O.

The way of a received file: :func:`read` the bytes, :func:`judge` each interchange by a guide from a :class:`Shelf`,
render the verdict (:func:`contrl`, :func:`functional_acknowledgments`, :func:`ta1`, :func:`aperaks`,
:func:`application_advices`, on what :class:`Terms` was agreed on; :func:`report`), and turn each accepted message
:func:`to_canonical` with a map from :func:`read_map`. The way of a message to be sent: a document from
:func:`read_canonical` becomes a body with :func:`from_canonical`, is judged and made ready by :func:`prepare` and gets
its envelope from :func:`write`, or with others from :func:`batch`. Received files are changed by :func:`rewrite` and
taken apart by :func:`split`. What partners answer is understood by :func:`read_answers`.

Nothing here raises for what a partner sent: what is wrong is a :class:`Finding` with a code of :data:`CODES` and a
place.
"""

from translators.answers import Answer, is_acknowledgment, read_answers
from translators.aperak import aperaks
from translators.application import application_verdicts, functional_view
from translators.application_advice import application_advices
from translators.batching import Batch, Batched, Most, Refused, batch
from translators.canonical import (
    CANONICAL,
    Canonical,
    CanonicalError,
    canonical_schema,
    read_canonical,
    search_references,
    write_canonical,
)
from translators.codes import CODES, Code
from translators.contrl import contrl
from translators.envelope import Envelope, Layout, Outgoing, OutgoingGroup, OutgoingPackage, Span, Written
from translators.finding import Finding, Where
from translators.functional import functional_acknowledgments
from translators.guide import Guide, GuideError, read_guide
from translators.guide_table import describe
from translators.judgement import JudgedGroup, JudgedMessage, JudgedPackage, Judgement, judge, judge_message
from translators.kept import Keeping
from translators.limits import Limits
from translators.mapping import Built, Context, Mapped, from_canonical, to_canonical
from translators.maps import Map, MapError, read_map
from translators.parts import (
    GroupClosed,
    GroupOpened,
    InterchangeClosed,
    InterchangeOpened,
    MessageRead,
    Noticed,
    PackageRead,
    Part,
)
from translators.preparing import Preparation, Prepared, prepare
from translators.reading import read
from translators.reading_terms import Heading, ReadingTerms, TermsFor
from translators.report import Inspection, Report, inspection, report
from translators.rewriting import Rewritten, rewrite
from translators.routing import Routing, read_envelope
from translators.shelf import Shelf
from translators.splitting import Origin, Split, split
from translators.streamed_judgement import StreamedJudgements
from translators.streamed_report import StreamedInspection, StreamedReport, write_document
from translators.streaming import read_stream
from translators.syntax import Address, Group, Interchange, Message, MessageKind, Package, Reading, Segment, Source
from translators.ta1 import ta1
from translators.terms import Terms
from translators.tree import Node
from translators.untdid import import_directory
from translators.validation import Validated, validate, validate_tree
from translators.writing import write

__all__ = [
    "CANONICAL",
    "CODES",
    "Address",
    "Answer",
    "Batch",
    "Batched",
    "Built",
    "Canonical",
    "CanonicalError",
    "Code",
    "Context",
    "Envelope",
    "Finding",
    "Group",
    "GroupClosed",
    "GroupOpened",
    "Guide",
    "GuideError",
    "Heading",
    "Inspection",
    "Interchange",
    "InterchangeClosed",
    "InterchangeOpened",
    "JudgedGroup",
    "JudgedMessage",
    "JudgedPackage",
    "Judgement",
    "Keeping",
    "Layout",
    "Limits",
    "Map",
    "MapError",
    "Mapped",
    "Message",
    "MessageKind",
    "MessageRead",
    "Most",
    "Node",
    "Noticed",
    "Origin",
    "Outgoing",
    "OutgoingGroup",
    "OutgoingPackage",
    "Package",
    "PackageRead",
    "Part",
    "Preparation",
    "Prepared",
    "Reading",
    "ReadingTerms",
    "Refused",
    "Report",
    "Rewritten",
    "Routing",
    "Segment",
    "Shelf",
    "Source",
    "Span",
    "Split",
    "StreamedInspection",
    "StreamedJudgements",
    "StreamedReport",
    "Terms",
    "TermsFor",
    "Validated",
    "Where",
    "Written",
    "aperaks",
    "application_advices",
    "application_verdicts",
    "batch",
    "canonical_schema",
    "contrl",
    "describe",
    "from_canonical",
    "functional_acknowledgments",
    "functional_view",
    "import_directory",
    "inspection",
    "is_acknowledgment",
    "judge",
    "judge_message",
    "prepare",
    "read",
    "read_answers",
    "read_canonical",
    "read_envelope",
    "read_guide",
    "read_map",
    "read_stream",
    "report",
    "rewrite",
    "search_references",
    "split",
    "ta1",
    "to_canonical",
    "validate",
    "validate_tree",
    "write",
    "write_canonical",
    "write_document",
]
