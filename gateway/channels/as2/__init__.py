"""The AS2 channel: the shell around the package ``as2``, which knows no socket, no disk and no ledger.

::

    server      the HTTP endpoint: limits, the spool, one answer
    request     one HTTP request and its one answer
    listening   uvicorn as a part of the gateway
    patience    connections that send nothing, or too slowly
    posted      a request that is complete, and its answer
    reception   a message that came, in the order of the promise: judged, archived, committed, answered
    evidence    what is written down of it
    refusals    messages that are refused: how many are kept, and what somebody is told
    receipts    an MDN that came: matched, judged, and what it settles
    matching    which message of ours it answers
    waiting     MDNs that answer nothing yet: kept, tried again, a case after an hour
    unnamed     an MDN whose AS2 names tell nobody, and which its signature does
    settling    what an MDN or an HTTP answer does to the message that it is about
    sending     a message that goes out: built once, posted as often as it takes
    returning   an asynchronous MDN of ours on its way
    addressing  where a request goes to, and who we are there
    posting     the HTTP client
    expecting   the question whether a large body is taken, before it is sent
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
    partials    the beginnings of messages that broke off, kept until they are gone on with
    transfer    a body that grows on such a beginning
    continuing  from where a message of ours that broke off is gone on with
"""
