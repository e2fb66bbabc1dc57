"""pyas2lib, asked line by line: run by the interpreter of its own environment, which has nothing of ours."""

# Neither we nor mypy are in that environment.
# mypy: ignore-errors

import base64
import sys
import traceback
from urllib.parse import parse_qs, urlencode

from pyas2lib import Mdn, Message, Organization, Partner

_sent = {}


def _bytes(form, name):
    return base64.b64decode(form.get(name, ""))


def _yes(form, name):
    return form.get(name) == "yes"


def _sides(form, me, them):
    """The two of an exchange: pyas2lib with its private key, and the one it exchanges with."""
    key = _bytes(form, "key")
    organization = Organization(
        as2_name=form[me], sign_key=key, decrypt_key=key, mdn_url=form.get("receipts_url"), domain="pyas2lib.example"
    )
    partner = Partner(
        as2_name=form[them],
        verify_cert=_bytes(form, "verify"),
        encrypt_cert=_bytes(form, "encrypt"),
        validate_certs=False,
        sign=_yes(form, "signed"),
        encrypt=_yes(form, "encrypted"),
        compress=_yes(form, "compressed"),
        digest_alg=form["digest"],
        enc_alg=form["cipher"],
        sign_alg=form["scheme"],
        key_enc_alg=form["key_transport"],
        mdn_mode={"none": None}.get(form["receipt"], "ASYNC" if _yes(form, "asynchronous") else "SYNC"),
        mdn_digest_alg=form["micalgs"] if form["receipt"] == "signed" else None,
        canonicalize_as_binary=_yes(form, "binary"),
    )
    return organization, partner


def build(form):
    organization, partner = _sides(form, "sender", "receiver")
    message = Message(organization, partner)
    message.build(_bytes(form, "content"), filename=form.get("filename") or None, content_type=form["media_type"])
    _sent[message.message_id] = message
    return {"headers": base64.b64encode(message.headers_str), "body": base64.b64encode(message.content)}


def judge(form):
    mdn = Mdn()
    status, detail = mdn.parse(_bytes(form, "raw"), lambda message_id, recipient: _sent.get(message_id))
    return {"status": status, "detail": detail or "", "signed": mdn.digest_alg or ""}


def answer(form):
    organization, partner = _sides(form, "receiver", "sender")
    message = Message()
    status, (error, _), mdn = message.parse(
        _bytes(form, "raw"), find_org_cb=lambda name: organization, find_partner_cb=lambda name: partner
    )
    found = {"status": status, "error": repr(error) if error else ""}
    for layer in ("signed", "encrypted", "compressed"):
        found[layer] = "yes" if getattr(message, layer) else ""
    if error is None:
        found["content"] = base64.b64encode(message.content)
    if mdn is not None:
        found["mdn_headers"] = base64.b64encode(mdn.headers_str)
        found["mdn_body"] = base64.b64encode(mdn.content)
        found["mdn_url"] = mdn.mdn_url or ""
    return found


for line in sys.stdin:
    form = {name: values[0] for name, values in parse_qs(line.strip(), keep_blank_values=True).items()}
    try:
        done = {"build": build, "judge": judge, "answer": answer}[form["do"]](form)
    except Exception as error:  # noqa: BLE001 - whatever a library of others raises is told, and the next line read
        traceback.print_exc()
        done = {"failed": f"{type(error).__name__}: {error}"}
    print(urlencode(done), flush=True)
