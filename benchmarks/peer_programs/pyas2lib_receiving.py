"""Receives one AS2 message again and again with pyas2lib: ``pyas2lib_receiving.py FOLDER MESSAGES ROUNDS``.

``FOLDER`` has ``message`` (header fields, an empty line, the body), ``key.pem`` (its private key and certificate) and
``sender.pem``. It decrypts, verifies and makes a signed MDN; it listens to no socket and keeps nothing.
"""

import json
import os
import resource
import sys
import time

from pyas2lib import Message, Organization, Partner


def main():
    folder, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

    def read(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()

    raw, key, sender = read("message"), read("key.pem"), read("sender.pem")
    organization = Organization(as2_name="Us & Co", sign_key=key, decrypt_key=key)
    partner = Partner(as2_name="ACME", verify_cert=sender, encrypt_cert=sender, validate_certs=False)
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(count):
            status, (error, trace), mdn = Message().parse(raw, lambda _: organization, lambda _: partner)
            if status != "processed" or not mdn.content:
                sys.exit(f"pyas2lib did not take it: {error} {trace}")
        seconds.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_kilobytes": peak, "messages": count, "errors": 0}))


main()
