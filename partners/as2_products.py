"""What the common AS2 products need that differs from our defaults: a line in the profile instead of a page of trials.

A preset only fills in what the profile leaves out, and the resolved profile holds the outcome, so a later correction of
a preset never changes what a message was handled under. Each value stands for something the product is known to do:

*biztalk* encrypts keys with OAEP and SHA-1, and refuses chunked bodies. *cleo*, *seeburger* and *webmethods* are
Drummond-certified products that take our defaults. *mendelson* answers a repeated Message-ID with an error, whatever
became of the first one, so after a known failure it gets a new one.
*openas2* and *phase2* do not notice a repeated message, so a receipt is waited for longer before they get one again.
*sterling* expects the older spelling of digest names and needs the transfer encoding stated on every part, which is our
default; it breaks on the attribute CMSAlgorithmProtection, which is never sent.
"""

from __future__ import annotations

from typing import Literal

Product = Literal["biztalk", "cleo", "mendelson", "openas2", "phase2", "seeburger", "sterling", "webmethods"]

Setting = str | dict[str, str]

PRESETS: dict[str, dict[str, Setting]] = {
    "biztalk": {"micalg_spelling": "sha256", "http": {"chunked": "never"}},
    "cleo": {},
    "mendelson": {"retry_id": "new-when-undelivered"},
    "openas2": {"mdn": {"patience": "PT10M"}},
    "phase2": {"mdn": {"patience": "PT10M"}},
    "seeburger": {},
    "sterling": {"micalg_spelling": "sha256", "http": {"chunked": "never"}},
    "webmethods": {},
}
"""What a product's preset fills in, by the keys of an AS2 channel."""


def with_preset(stated: dict[str, object]) -> dict[str, object]:
    """The channel as stated, over the preset of the product it names; unchanged when it names none that is known."""
    product = stated.get("product")
    preset = PRESETS.get(product) if isinstance(product, str) else None
    if preset is None:
        return stated
    filled: dict[str, object] = dict(stated)
    for key, value in preset.items():
        there = stated.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            filled[key] = {**value, **there}
        elif key not in stated:
            filled[key] = value
    return filled
