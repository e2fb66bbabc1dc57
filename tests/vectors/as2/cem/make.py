"""Makes the exchanges of this folder: ``python -m tests.vectors.as2.cem.make``.

The certs-only parts are made by ``openssl crl2pkcs7``; XML and MIME are written out here.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KEYS = HERE.parent / "keys"
NS = 'xmlns="urn:ietf:params:xml:ns:ediintcertificateexchange" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
INFO = (
    '<TradingPartnerInfo><Name qualifier="AS2">ACME</Name>'
    "<MessageOriginated>2026-12-01T10:30:00+01:00</MessageOriginated></TradingPartnerInfo>"
)
ISSUER = "<ds:X509IssuerName>CN=rsa-other,O=Sallyport test keys,C=DE</ds:X509IssuerName>"


def collection(*names: str) -> bytes:
    """The certificates alone, as openssl writes them."""
    files = [each for name in names for each in ("-certfile", str(KEYS / f"{name}.pem"))]
    command = ["openssl", "crl2pkcs7", "-nocrl", "-outform", "DER", *files]
    return subprocess.run(command, capture_output=True, check=True).stdout


def serial_of(name: str) -> int:
    command = ["openssl", "x509", "-in", str(KEYS / f"{name}.pem"), "-noout", "-serial"]
    return int(subprocess.run(command, capture_output=True, check=True).stdout.decode().partition("=")[2], 16)


SERIAL = f"<ds:X509SerialNumber>{serial_of('rsa-other')}</ds:X509SerialNumber>"


def trust(usages: str = "<CertUsage>digitalSignature</CertUsage>", serial: str = SERIAL, cid: str = "new@acme") -> str:
    return (
        f"<TrustRequest>{usages}<RespondByDate>2026-12-31T00:00:00Z</RespondByDate>"
        "<ResponseURL>http://169.254.169.254/as2</ResponseURL><EndEntity>"
        f"<CertificateIdentifier>{ISSUER}{serial}</CertificateIdentifier>"
        f"<CertificateContentID>{cid}</CertificateContentID></EndEntity></TrustRequest>"
    )


def request(*trusts: str, info: str = INFO, attributes: str = ' requestId="r-1"') -> str:
    name = "EDIINTCertificateExchangeRequest"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} {NS}{attributes}>{info}{"".join(trusts)}</{name}>'


def response(status: str = "Accepted", reason: str = "", serial: str = SERIAL) -> str:
    name = "EDIINTCertificateExchangeResponse"
    trusted = f"<CertificateReference>{ISSUER}{serial}</CertificateReference>"
    return (
        f'<{name} {NS} requestId="r-1">{INFO}'
        f"<TrustResponse><CertStatus>{status}</CertStatus>{reason}{trusted}</TrustResponse></{name}>"
    )


def write(
    name: str, xml: str | bytes, part: bytes = b"", *, cid: str = "<new@acme>", **expected: str | list[str]
) -> None:
    """A multipart/related as it stands in a message, and what reading it must give."""
    document = xml.encode() if isinstance(xml, str) else xml
    head = b'Content-Type: multipart/related; type="application/ediint-cert-exchange+xml"; boundary=c\r\n\r\n'
    body = b"--c\r\nContent-Type: application/ediint-cert-exchange+xml\r\n\r\n" + document
    if part:
        body += b"\r\n--c\r\nContent-Type: application/pkcs7-mime; smime-type=certs-only\r\nContent-ID: "
        body += cid.encode() + b"\r\n\r\n" + part
    (HERE / f"{name}.mime").write_bytes(head + body + b"\r\n--c--\r\n")
    (HERE / f"{name}.json").write_text(json.dumps(expected, indent=1) + "\n")


def requests() -> None:
    one = collection("rsa-other")
    offered: dict[str, Any] = {"kind": "request", "usages": ["digitalSignature"]}
    write("request", request(trust()), one, **offered)
    both = "<CertUsage>digitalSignature</CertUsage><CertUsage>keyEncipherment</CertUsage>"
    write("request-two-uses", request(trust(both)), one, kind="request", usages=["digitalSignature", "keyEncipherment"])
    write("request-usage-in-capitals", request(trust("<CertUsage>DIGITALSIGNATURE</CertUsage>")), one, **offered)
    write("request-with-chain", request(trust()), collection("ca", "rsa-other", "rsa"), **offered)
    write("request-content-id-as-url", request(trust(cid="cid:new@acme")), one, **offered)
    write("request-content-id-bare", request(trust(cid="&lt;new@acme&gt;")), one, cid="new@acme", **offered)
    extended = request(trust(), "<More/>").replace("</EndEntity>", "<TrustChain/></EndEntity>")
    write("request-with-extensions", extended, one, **offered)
    write("request-without-declaration", request(trust()).partition("\n")[2] + "\n<!-- end -->", one, **offered)
    write("request-bom", b"\xef\xbb\xbf" + request(trust()).encode(), one, **offered)
    latin = request(trust()).replace("UTF-8", "ISO-8859-1").replace("<TrustRequest>", "<!-- \xe4 --><TrustRequest>")
    write("request-latin", latin.encode("latin-1"), one, **offered)
    odd = INFO.replace("2026-12-01T10:30:00+01:00", "yesterday")
    write("request-time-unreadable", request(trust(), info=odd), one, **offered)


def responses() -> None:
    write("response-accepted", response(), kind="response", status="accepted")
    write("response-accepted-lower-case", response("accepted"), kind="response", status="accepted")
    reason = "<ReasonForRejection>Not today &amp; not tomorrow</ReasonForRejection>"
    write("response-rejected", response("Rejected", reason), kind="response", status="rejected",
          reason="Not today & not tomorrow")  # fmt: skip
    write("response-rejected-silently", response("Rejected"), kind="response", status="rejected")
    other = SERIAL.replace(str(serial_of("rsa-other")), "4711")
    write("response-about-another", response(serial=other), kind="response", status="pending")


def refused() -> None:
    one, good = collection("rsa-other"), request(trust())
    malformed, missing, differs = "cem-malformed", "cem-certificate-missing", "cem-sender-differs"
    xml, forbidden = "xml-malformed", "xml-forbidden"
    doctype = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<EDIINT'
    for name, cause, document, part in (
        ("sender-differs", differs, request(trust(), info=INFO.replace("ACME", "OTHER")), one),
        ("sender-in-other-case", differs, request(trust(), info=INFO.replace("ACME", "Acme")), one),
        ("sender-of-another-scheme", differs, request(trust(), info=INFO.replace('"AS2"', '"DUNS"')), one),
        ("sender-missing", malformed, request(trust(), info=""), one),
        ("sender-twice", malformed, request(trust(), info=INFO + INFO), one),
        ("text-after", xml, good + "more", one),
        ("document-after", xml, good + good.partition("\n")[2], one),
        ("nul-after", xml, good + "\0", one),
        ("doctype", forbidden, good.replace("<EDIINT", doctype, 1), one),
        ("doctype-alone", forbidden, good.replace("<EDIINT", '<!DOCTYPE x SYSTEM "http://a/x"><EDIINT', 1), one),
        ("doctype-in-lower-case", forbidden, good.replace("<EDIINT", "<!doctype x><EDIINT", 1), one),
        ("entity", forbidden, good.replace("<EDIINT", '<!ENTITY e "x"><EDIINT', 1), one),
        ("processing-instruction", forbidden, good.replace("<EDIINT", '<?xml-stylesheet href="x"?><EDIINT', 1), one),
        ("entity-undeclared", xml, good.replace(">ACME<", ">&e;<"), one),
        ("utf-16", xml, good.replace("UTF-8", "UTF-16").encode("utf-16"), one),
        ("utf-7", xml, good.replace("UTF-8", "UTF-7"), one),
        ("not-utf-8", xml, good.encode().replace(b">ACME<", b">AC\xffME<"), one),
        ("not-xml", xml, "UNA:+.? '", one),
        ("empty", xml, "", one),
        ("cut", xml, good[:-10], one),
        ("too-large", "xml-too-large", good.replace("<TrustRequest>", " " * 70_000 + "<TrustRequest>"), one),
        ("other-namespace", malformed, good.replace("urn:ietf", "urn:other"), one),
        ("other-root", malformed, good.replace("ExchangeRequest", "ExchangeReply"), one),
        ("no-request-id", malformed, request(trust(), attributes=""), one),
        ("request-id-too-long", malformed, request(trust(), attributes=f' requestId="{"r" * 1001}"'), one),
        ("request-id-unprintable", malformed, request(trust(), attributes=' requestId="r&#x200B;1"'), one),
        ("nothing-offered", malformed, request(), one),
        ("too-many-offered", malformed, request(*[trust()] * 20), one),
        ("no-usage", malformed, request(trust("")), one),
        ("usage-unknown", malformed, request(trust("<CertUsage>everything</CertUsage>")), one),
        ("serial-no-number", malformed, request(trust(serial=SERIAL.replace("Number>", "Number>0x", 1))), one),
        ("serial-missing", malformed, request(trust(serial="")), one),
        ("part-missing", missing, good, b""),
        ("part-of-another-id", missing, request(trust(cid="old@acme")), one),
        ("certificate-of-another-serial", missing, good, collection("rsa")),
        ("certificate-unreadable", missing, good, b"no certificate"),
        ("certificates-none", missing, good, subprocess.run(
            ["openssl", "crl2pkcs7", "-nocrl", "-outform", "DER"], capture_output=True, check=True).stdout),
        ("response-without-status", malformed, response().replace("CertStatus", "Status"), b""),
        ("response-of-another-status", malformed, response("Pending"), b""),
        ("response-to-nothing", malformed, response().replace("TrustResponse", "Other"), b""),
    ):  # fmt: skip
        write(f"refused-{name}", document, part, cause=cause)


if __name__ == "__main__":
    for old in (*HERE.glob("*.mime"), *HERE.glob("*.json")):
        old.unlink()
    for make in (requests, responses, refused):
        make()
