"""What stands for characters that cannot be sent: a partner's table, else a transliteration, else one character.

Only values of a message are changed, never names and numbers of an envelope: an address that cannot be written is
wrong, not to be guessed at. Line breaks and other control characters are no letters that a character set lacks, so
nothing but the partner's table stands for them.
"""

from __future__ import annotations

import unicodedata

from translators.charset import Charset
from translators.envelope import Layout

_LETTERS = {
    **{"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"},
    **{"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ħ": "h", "Ħ": "H"},
    **{"\u0131": "i", "ŋ": "n", "Ŋ": "N", "ŧ": "t", "Ŧ": "T", "ĸ": "k"},
    **{"\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "«": '"', "»": '"'},
    **{"\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u00d7": "x", "·": ".", "•": "-"},
    **{"€": "EUR", "£": "GBP", "¥": "JPY", "°": " ", "§": "par.", "©": "(c)", "®": "(r)", "\u2044": "/"},
}
"""Letters and marks that Unicode does not take apart. What it does (é, ﬁ, ½, …) is not listed."""


def transliterated(letter: str) -> str:
    """``letter`` in characters of ASCII, as far as that is known; else ``""``."""
    apart = "".join(_LETTERS.get(each, each) for each in unicodedata.normalize("NFKD", _LETTERS.get(letter, letter)))
    return "".join(each for each in apart if not unicodedata.combining(each)) if apart.isprintable() else ""


def substituted(text: str, charset: Charset, layout: Layout) -> str:
    """``text`` with what ``charset`` cannot carry replaced as the layout says; what has no substitute stays."""
    if layout.unencodable == "error" or charset.encode(text) is not None:
        return text
    return "".join(
        letter if charset.encode(letter) is not None else _stand_in(letter, charset, layout) for letter in text
    )


def without_delimiters(text: str, delimiters: str, layout: Layout) -> str:
    """``text`` with each of ``delimiters`` replaced by what the partner's table has for it, or the last resort."""
    if layout.delimiter_in_data == "error" or not set(text) & set(delimiters):
        return text
    return "".join(layout.substitutes.get(each, layout.substitute) if each in delimiters else each for each in text)


def _stand_in(letter: str, charset: Charset, layout: Layout) -> str:
    if layout.unencodable == "upper":
        candidates = [letter.upper()]
    elif letter in layout.substitutes:
        candidates = [layout.substitutes[letter]]
    elif not letter.isprintable() and unicodedata.category(letter) == "Cc":
        candidates = []
    else:
        latin = transliterated(letter)
        # A letter alone in its case would be lost where there are only capitals.
        candidates = [*([latin, latin.upper()] if latin else []), layout.substitute]
    return next((each for each in candidates if charset.encode(each) is not None), letter)
