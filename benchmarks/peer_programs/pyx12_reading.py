"""Reads a file with pyx12's reader, which checks envelopes and counts: ``pyx12_reading.py FILE ROUNDS``.

Its full validation knows only the transactions of health care, so that there is nothing to compare it by.
"""

import json
import resource
import sys
import time

import pyx12.x12file


def main():
    file, rounds = sys.argv[1], int(sys.argv[2])
    seconds, messages, errors = [], 0, 0
    for _ in range(rounds):
        messages = errors = 0
        start = time.process_time()
        with open(file) as stream:
            reader = pyx12.x12file.X12Reader(stream)
            for segment in reader:
                if segment.get_seg_id() == "ST":
                    messages += 1
                errors += len(reader.pop_errors())
        seconds.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_kilobytes": peak, "messages": messages, "errors": errors}))


main()
