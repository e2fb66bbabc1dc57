"""Single values as regular expressions: type, length and code list, in one dialect's characters.

The text these patterns meet has been prepared (:mod:`translators.recogniser`): a released character has become one
``RELEASED`` byte, which stands for a character of data whichever it was. So lengths count characters, and every
delimiter that is met is one.

No pattern here gives back what it took, and none matches a value of blanks only. A value is matched up to where its
characters end; that a delimiter follows is for the pattern around it to ask.
"""

from __future__ import annotations

import re

from translators.charset import charset
from translators.dictionary import UNBOUNDED
from translators.elements import STANDARD, ComponentSpec, Notation
from translators.recogniser_codes import NEVER, code_tree, literal, one_of
from translators.recogniser_dates import x12_moment
from translators.syntax import Dialect

RELEASED = b"\0"
"""What stands for a released character. It is no character of any repertoire, and a dialect that has a role for it is
declined."""

_DIGITS = frozenset(b"0123456789")
_ROLELESS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789- \0")
"""What cannot be a delimiter here: tags, numbers and dates are made of these."""


class Alphabet:
    """The characters of a dialect by what they may do, as pieces of patterns."""

    def __init__(self, dialect: Dialect, notation: Notation) -> None:
        delimiters = frozenset(dialect.delimiters)
        self.expressible = not delimiters & _ROLELESS and len(delimiters) == len(dialect.delimiters)
        """Whether messages in this dialect can be recognised at all."""
        self.notation = notation
        self.codec = dialect.charset
        self.plain = frozenset(charset(dialect.charset).plain) - delimiters
        data = self.plain | frozenset(RELEASED if dialect.release else b"")
        self.character = one_of(data)
        blank = frozenset(byte for byte in self.plain if bytes((byte,)).decode(dialect.charset, "replace").isspace())
        self.opening = one_of(data - blank)
        """What a value may begin with: anything but a blank, so that no value is blanks only."""
        self.letter, self.opening_letter = one_of(data - _DIGITS), one_of(data - blank - _DIGITS)
        marks = b"." if notation.standard == "x12" else b".," if notation.version >= 4 else notation.decimal.encode()
        self.marks = frozenset(marks) & frozenset(b".,") & self.plain
        self.element, self.component = literal(dialect.element), literal(dialect.component)
        self.repetition = literal(dialect.repetition) if dialect.repetition else None
        self.terminator = literal(dialect.terminator)
        self.end = literal(dialect.terminator[:1])
        roles = dialect.element + dialect.component + dialect.terminator + (dialect.repetition or b"")
        self.separator = one_of(roles)
        """Whatever ends a value."""

    def encoded(self, text: str) -> bytes | None:
        """``text`` as it stands in a message, or ``None`` when it does not stand there as it is."""
        try:
            data = text.encode(self.codec)
        except UnicodeEncodeError:
            return None
        return data if frozenset(data) <= self.plain else None


def free_value(component: ComponentSpec, alphabet: Alphabet) -> str:
    """A pattern for a value of the component's type and length, whatever its code list says."""
    if component.pattern is not None:
        return NEVER
    form = component.representation
    least, most = max(form.minimum, 1), form.maximum
    match form.type:
        case "an" | "AN" | "ID":
            return _text(alphabet.opening, alphabet.character, least, most)
        case "a":
            return _text(alphabet.opening_letter, alphabet.letter, least, most)
        case "n" | "R":
            return _number(alphabet, least, most)
        case "N":
            return f"-?+{_times('[0-9]', least, most)}"
        case "DT" | "TM":
            return x12_moment(form.type, least, most)
        case _:
            return NEVER


def listed_value(component: ComponentSpec, alphabet: Alphabet, *, without: frozenset[str] = frozenset()) -> str:
    """A pattern for a code of the component's list, ``without`` some; of those that its type and length allow."""
    codes = (component.codes or frozenset()) - without
    fitting = (alphabet.encoded(code) for code in codes if component.fits.fullmatch(code) and code == code.strip())
    return code_tree(code for code in fitting if code)


def other_list(component: ComponentSpec, alphabet: Alphabet, own: int, agency: int, at: int) -> str | None:
    """A pattern for what must follow a value's last character for its code list not to apply, or ``None``.

    1131 right behind the code names another list; 3055 behind that, another keeper of it than UN/EDIFACT.
    """
    if component.layer("codes") != STANDARD or not (own or agency):
        return None
    colon, character = alphabet.component, alphabet.character
    foreign = f"(?!6{alphabet.separator}){character}"
    if own and agency:
        ways = f"(?:{character}|{colon}{foreign})" if agency == own + 1 else character
    else:
        ways = character if own else f"{colon * (agency - at - 1)}{foreign}"
    return colon + ways


def _text(opening: str, character: str, least: int, most: int) -> str:
    return opening if most == 1 else opening + _times(character, least - 1, most - 1)


def _times(pattern: str, least: int, most: int) -> str:
    """``pattern``, one character wide, so many times and never fewer than there are."""
    if least == most:
        return pattern if most == 1 else f"{pattern}{{{most}}}"
    bounds = f"{least},{most if most < UNBOUNDED else ''}"
    return pattern + {"0,1": "?", "0,": "*", "1,": "+"}.get(bounds, f"{{{bounds}}}") + "+"


def _number(alphabet: Alphabet, least: int, most: int) -> str:
    whole = _times("[0-9]", least, most)
    if not alphabet.marks:
        return f"-?+{whole}"
    mark = one_of(alphabet.marks)
    either = one_of(alphabet.marks | _DIGITS)
    # The decimal mark does not count.
    leading = "*" if alphabet.notation.standard == "x12" else "+"
    decimal = f"(?={_times(either, least + 1, most + 1)}(?!{either}))[0-9]{leading}+{mark}[0-9]++"
    return f"-?+(?:{whole}(?!{mark})|{decimal})"


def compiled(pattern: str) -> re.Pattern[bytes]:
    """``pattern`` over bytes."""
    return re.compile(pattern.encode("latin-1"), re.DOTALL)
