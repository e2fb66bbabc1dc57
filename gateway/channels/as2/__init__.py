"""The AS2 channel: the shell around the package ``as2``, which knows no socket, no disk and no ledger.

::

    server      the HTTP endpoint: limits, the spool, one answer
    patience    connections that send nothing, or too slowly
    posted      a request that is complete, and its answer
    reception   a message that came, in the order of the promise: judged, archived, committed, answered
    evidence    what is written down of it
    refusals    messages that are refused: how many are kept, and what somebody is told
    receipts    an MDN that came: matched, judged, and what it settles
    sending     a message that goes out: built once, posted as often as it takes
    returning   an asynchronous MDN of ours on its way
    addressing  where a request goes to, and who we are there
    posting     the HTTP client
    terms       from a profile's words to those of the package ``as2``
    keys        our private keys
    key_files   keys and certificates made, and in the forms that other programs write and read
    inventory   every certificate that the profiles name, and what has to be done about it
    agreed      what counts with a partner: the profiles, and beside them what was accepted by message (CEM)
    exchanging  certificates that a partner offers by message, and its answers to our offers
    deciding    a person accepts or rejects what a partner offers
    offering    our next certificate, offered to partners
    exchange_documents  the documents of an exchange that we send
    spool       the bytes of a message on the disk while it is worked on
"""
