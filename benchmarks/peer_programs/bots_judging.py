"""Reads files with Bots and says what it finds wrong: ``bots_judging.py CONFIG edifact|x12 FILE ...``."""

import json
import logging
import os
import sys


def main():
    folder, family, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    os.chdir(folder)
    sys.path.insert(0, folder)
    from bots import botsglobal, botsinit, inmessage

    botsinit.generalinit("config")
    botsglobal.logger = botsglobal.logmap = logging.getLogger("bots")
    botsglobal.logger.setLevel(logging.CRITICAL)
    answers = []
    for file in files:
        found = inmessage.parse_edi_file(
            editype=family, messagetype=family, filename=file, charset="iso-8859-1", frompartner="", topartner=""
        )
        answers.append([error.strip() for error in found.errorlist])
    print(json.dumps(answers))


main()
