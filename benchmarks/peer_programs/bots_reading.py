"""Reads a file with Bots: ``bots_reading.py FILE CONFIG edifact|x12 ROUNDS``.

``CONFIG`` is a folder with ``config`` and ``usersys`` beside each other, as Bots wants them.
"""

import json
import logging
import os
import resource
import sys
import time


def main():
    file, folder, family, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    os.chdir(folder)
    sys.path.insert(0, folder)
    from bots import botsglobal, botsinit, inmessage

    botsinit.generalinit("config")
    botsglobal.logger = botsglobal.logmap = logging.getLogger("bots")
    botsglobal.logger.setLevel(logging.CRITICAL)
    seconds, messages, errors = [], 0, 0
    for _ in range(rounds):
        start = time.process_time()
        found = inmessage.parse_edi_file(
            editype=family, messagetype=family, filename=file, charset="iso-8859-1", frompartner="", topartner=""
        )
        seconds.append(time.process_time() - start)
        if found.errorfatal:
            sys.exit("Bots did not read it: " + str(found.errorlist)[:2000])
        errors = len(found.errorlist)
        if family == "edifact":
            messages = sum(1 for _ in found.getloop({"BOTSID": "UNB"}, {"BOTSID": "UNH"}))
        else:
            messages = sum(1 for _ in found.getloop({"BOTSID": "ISA"}, {"BOTSID": "GS"}, {"BOTSID": "ST"}))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_kilobytes": peak, "messages": messages, "errors": errors}))


main()
