"""AS2 channels: how a partner's endpoint is spoken to, and what is asked of what it sends (RFC 4130).

The AS2 names are identities of the parties. What a partner may send below today's measure is a permission with a last
day, never a silent fallback. Passwords are no profile data: the profile names a secret, which lies with the gateway.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from partners.as2_products import Product, with_preset
from partners.certificate import FILE, Certificate
from partners.file_name import NamesFiles
from partners.model import Model, inner_error
from partners.scalars import Day, Duration, Form, Id, Switch, Whole, read_duration

Digest = Literal["sha256", "sha384", "sha512"]
Cipher = Literal[
    "none",
    "aes128",
    "aes192",
    "aes256",
    "aes128-gcm",
    "aes192-gcm",
    "aes256-gcm",
    "aes128-ccm",
    "aes192-ccm",
    "aes256-ccm",
    "3des",
]
Url = Annotated[str, Form(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[\x21-\x7e]*)?", "a URL")]
Micalg = Literal["md5", "sha1", "sha256", "sha384", "sha512"]


class WeakPermit(Model):
    """Something below today's measure that is accepted from this partner, until a day."""

    allow: Literal["md5", "sha1", "3des", "rc2", "rsa-1024", "pss-without-parameters"]
    until: Day
    """The last day; on the next one it is refused like anybody's."""


class MdnTerms(Model):
    """The receipt that we ask the partner for: in the answer to our request, or later to our URL."""

    mode: Literal["sync", "async", "none"] = "sync"
    signed: Switch = True
    micalg: Annotated[tuple[Micalg, ...], Field(min_length=1)] | None = None
    """The digests we ask for, the one we like best first; left out, the one we sign with."""
    patience: Duration = read_duration("PT2M")
    """How long a synchronous receipt is waited for; the same message is sent again after that."""


class As2Receiving(Model):
    """What a message from this partner must be, or it is refused."""

    signed: Switch = True
    encrypted: Switch = True
    weak: tuple[WeakPermit, ...] = ()
    quirks: tuple[Literal["lf-body", "lf-all"], ...] = ()
    """Digests that the partner makes over other bytes than it sends: ``lf-body`` over a body with LF line ends,
    ``lf-all`` over headers and body with them. Name one when a diagnosis says so."""
    limit: Annotated[Whole, Field(ge=1)] = 2 << 30
    """Bytes of a message after decryption and decompression."""
    expired: Literal["refuse", "accept"] = "refuse"
    """What becomes of a signature whose certificate's own dates are over, while the profile still uses it."""
    restart: Switch = False
    """Whether the beginning of a message that broke off is kept, so that the partner can go on with it. Anybody who
    knows both AS2 names and the ETag could change what is kept; behind HTTPS that is only the partner."""
    async_url: Url | None = None
    """Where this partner's asynchronous receipts go to; the URL in its request counts only if it is this one."""


class As2Http(Model):
    """The HTTP side of sending."""

    chunked: Literal["never", "large", "always"] = "never"
    """Whether the body goes in chunks; ``large``: from 10 MB on."""
    restart: Switch = False
    """Whether a message that broke off is gone on with where the partner says it stopped (HEAD, ETag, Content-Range).
    Only for partners that are known to have it: any web server answers HEAD with some length."""
    expect: Literal["never", "large", "always"] = "never"
    """Whether the server is asked first if it takes the body (``Expect: 100-continue``); ``large``: from 10 MB on."""
    expect_patience: Duration = read_duration("PT3S")
    """How long its leave is waited for; then the body is sent all the same."""
    user: Annotated[str, Form(r"[\x21-\x39\x3b-\x7e]{1,128}", "a user name without colons")] | None = None
    secret: Id | None = None
    """The name of the password among the gateway's secrets."""
    proxy: (
        Annotated[str, Form(r"http://[A-Za-z0-9.-]+(?::[0-9]{1,5})?", "a proxy such as http://proxy:3128")] | None
    ) = None
    timeout: Duration = read_duration("PT1M")
    """How long a connection or a pause between two bytes may take."""

    @field_validator("secret")
    @classmethod
    def _goes_with_a_user(cls, secret: str | None, info: ValidationInfo) -> str | None:
        if secret is not None and info.data.get("user") is None:
            raise ValueError("a secret is the password of a `user`, and none is named")
        return secret


class As2Channel(NamesFiles):
    """A partner's AS2 endpoint. The AS2 names are identities of the parties."""

    kind: Literal["as2"]
    id: Id
    party: Id
    url: Url
    as2_name: Annotated[str, Form(r"[\x20-\x7e]{1,128}", "an AS2 name")] | None = None
    """Which of the partner's AS2 identities this endpoint has; its first one if left out."""
    product: Product | None = None
    """The partner's software: fills in what it is known to need, where this profile says nothing."""
    as2_version: Literal["1.0", "1.1", "1.2", "1.3"] = "1.2"
    sign: Literal["none", "sha256", "sha384", "sha512"] = "sha256"
    signature: Literal["rsa-pkcs1", "rsa-pss"] = "rsa-pkcs1"
    """How an RSA key signs; an elliptic-curve key has only one way."""
    encrypt: Cipher = "aes256"
    key_transport: Literal["rsa-pkcs1", "oaep-sha1", "oaep-sha256", "oaep-sha384", "oaep-sha512"] = "rsa-pkcs1"
    recipient_id: Literal["issuer-serial", "key-id"] = "issuer-serial"
    gcm_form: Literal["standard", "enveloped-data"] = "standard"
    """Where AES-GCM goes: AuthEnvelopedData (RFC 5083), or EnvelopedData, which several products expect instead."""
    compress: Literal["no", "before-signing", "after-signing"] = "no"
    transfer_encoding: Literal["binary", "8bit", "7bit", "base64"] = "binary"
    micalg_spelling: Literal["sha-256", "sha256"] = "sha-256"
    """How digests are spelt: as in RFC 5751, or as in the older RFC 3851."""
    sign_with: Annotated[str, FILE] | None = None
    """Which of our certificates signs for this partner, by its file; the one that came into use last if left out."""
    include_certificate: Switch = True
    """Whether our certificate travels with our signatures."""
    content_type: Annotated[str, Form(r"[a-z0-9.+-]+/[A-Za-z0-9.+-]+", "a media type")] | None = None
    """Of the payload; if left out, the one of its standard."""
    retry_id: Literal["same", "new-when-undelivered"] = "same"
    """The Message-ID of a repetition: always the first one's, or a new one after an answer that it did not arrive."""
    announce_features: Switch = True
    """Whether EDIINT-Features (RFC 6017) says in every message and receipt what we can do with this partner, from
    version 1.2 on; ``no`` for software that stumbles over the field."""
    certificate_exchange: Switch = False
    """Whether certificates are renewed by message with this partner (CEM,
    draft-meadors-certificate-exchange-14). What it offers is used only once a person has accepted it."""
    mdn: MdnTerms = MdnTerms()
    receive: As2Receiving = As2Receiving()
    http: As2Http = As2Http()
    certificates: tuple[Certificate, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, stated: Any) -> Any:  # noqa: ANN401 (whatever stands there; it is validated next)
        return with_preset(stated) if isinstance(stated, dict) else stated

    @model_validator(mode="after")
    def _sends_nothing_weak_in_silence(self) -> As2Channel:
        if self.encrypt == "3des" and not any(permit.allow == "3des" for permit in self.receive.weak):
            raise inner_error("3des needs a dated permission in `receive.weak`", "encrypt")
        if self.as2_version == "1.3" and (self.encrypt == "3des" or self.receive.weak):
            raise inner_error("AS2 1.3 forbids weak algorithms; take them out, or state version 1.2", "as2_version")
        return self

    @model_validator(mode="after")
    def _restarts_what_is_receipted(self) -> As2Channel:
        if self.http.restart and self.mdn.mode == "none":
            raise inner_error(
                "restart needs a receipt: without one nobody would notice that the parts were not joined", "http"
            )
        if self.http.restart and self.as2_version in ("1.0", "1.1"):
            raise inner_error("restart needs AS2 1.2 or later; state that version, or take restart out", "as2_version")
        return self

    @model_validator(mode="after")
    def _signs_what_it_offers(self) -> As2Channel:
        if self.certificate_exchange and self.sign == "none":
            raise inner_error("certificates are exchanged in signed messages only: state how we `sign`", "sign")
        return self

    def permits(self, on: date) -> frozenset[str]:
        """What is accepted below today's measure on a day."""
        return frozenset(permit.allow for permit in self.receive.weak if on <= permit.until)
