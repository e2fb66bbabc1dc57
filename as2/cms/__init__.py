"""Cryptographic Message Syntax for AS2 (RFC 5652, RFC 5083, RFC 3274): sign, verify, envelope, open, compress, inflate.

From the outside in::

    signing     verifying     enveloping     opening     compressing        the five things that are done
        algorithms     recipients     key_agreement     ccm                 what they have in common
                       oids     der     ber                                 the encoding, written and read
                              primitives                                   the only file that knows `cryptography`

Structures are written and read by our own few lines, not by an ASN.1 library: a payload must stream through them, the
exact bytes of signed attributes must stay at hand, and whatever arrives must end as a value or as one of our faults.
"""
