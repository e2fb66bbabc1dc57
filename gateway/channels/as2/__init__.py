"""The AS2 channel: the shell around the package ``as2``, which knows no socket, no disk and no ledger.

::

    server      the HTTP endpoint: limits, the spool, one answer
    reception   a message that came, in the order of the promise: judged, archived, committed, answered
    receipts    an MDN that came: matched, judged, and what it settles
    sending     a message that goes out: built once, posted as often as it takes
    returning   an asynchronous MDN of ours on its way
    posting     the HTTP client
    terms       from a profile's words to those of the package ``as2``
    keys        our private keys
    spool       the bytes of a message on the disk while it is worked on
"""
