"""EDIFACT and X12 as data: read, validate, translate to canonical and back, acknowledge. Pure, no I/O.

The way of a received file: :func:`read` the bytes, :func:`judge` each interchange by a guide from a :class:`Shelf`,
render the verdict (:func:`contrl`, :func:`functional_acknowledgments`, :func:`ta1`, :func:`report`), and turn each
accepted message :func:`to_canonical` with a map from :func:`read_map`. The way of a message to be sent: a document from
:func:`read_canonical` becomes a body with :func:`from_canonical`, is checked with :func:`validate_tree` and gets its
envelope from :func:`write`. What partners answer is understood by :func:`read_answers`.

Nothing here raises for what a partner sent: what is wrong is a :class:`Finding` with a code of :data:`CODES` and a
place.
"""

from translators.answers import Answer, is_acknowledgment, read_answers
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
from translators.envelope import Envelope, Outgoing, Span, Written
from translators.finding import Finding, Where
from translators.functional import functional_acknowledgments
from translators.guide import Guide, GuideError, Shelf, read_guide
from translators.guide_table import describe
from translators.judgement import JudgedGroup, JudgedMessage, Judgement, judge
from translators.limits import Limits
from translators.mapping import Built, Context, Mapped, from_canonical, to_canonical
from translators.maps import Map, MapError, read_map
from translators.reading import read
from translators.report import Inspection, Report, inspection, report
from translators.syntax import Address, Group, Interchange, Message, MessageKind, Reading, Segment, Source
from translators.ta1 import ta1
from translators.tree import Node
from translators.untdid import import_directory
from translators.validation import Validated, validate, validate_tree
from translators.writing import write

__all__ = [
    "CANONICAL",
    "CODES",
    "Address",
    "Answer",
    "Built",
    "Canonical",
    "CanonicalError",
    "Code",
    "Context",
    "Envelope",
    "Finding",
    "Group",
    "Guide",
    "GuideError",
    "Inspection",
    "Interchange",
    "JudgedGroup",
    "JudgedMessage",
    "Judgement",
    "Limits",
    "Map",
    "MapError",
    "Mapped",
    "Message",
    "MessageKind",
    "Node",
    "Outgoing",
    "Reading",
    "Report",
    "Segment",
    "Shelf",
    "Source",
    "Span",
    "Validated",
    "Where",
    "Written",
    "canonical_schema",
    "contrl",
    "describe",
    "from_canonical",
    "functional_acknowledgments",
    "import_directory",
    "inspection",
    "is_acknowledgment",
    "judge",
    "read",
    "read_answers",
    "read_canonical",
    "read_guide",
    "read_map",
    "report",
    "search_references",
    "ta1",
    "to_canonical",
    "validate",
    "validate_tree",
    "write",
    "write_canonical",
]
