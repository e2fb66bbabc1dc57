"""Cryptographic Message Syntax for AS2 (RFC 5652, RFC 5083, RFC 3274): sign, verify, envelope, open, compress, inflate.

::

    signing    signature, verifying    enveloping    opening    compressing      what is done
    recipients    key_agreement    certificate_ids    algorithms    ccm          what that is made of
    ber    der    oids    names    times                                         the encoding, read and written
    primitives                                                                   the only file that knows `cryptography`

Structures are read and written by our own few lines and not by an ASN.1 library: a payload of any size must stream
through them, the exact bytes of signed attributes must stay at hand, whatever arrives must end as a value or as one of
our faults, and a signature must cost little more than its RSA operation. Such a library is the judge in the tests.
"""
