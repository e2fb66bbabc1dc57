"""When to try again: exponential backoff with full jitter.

Full jitter, a draw from zero to the whole interval, empties a crowd of retries soonest with the fewest collisions;
adding a little noise to a fixed interval keeps the crowd together.
"""

from __future__ import annotations

from datetime import timedelta


def backoff(attempt: int, base: timedelta, cap: timedelta, draw: float) -> timedelta:
    """A delay between zero and ``min(cap, base * 2**(attempt - 1))``: the share ``draw`` of it.

    ``attempt`` is the number of tries that failed so far, 1 for the first; ``draw`` is a random number in [0, 1).
    """
    if attempt < 1 or not 0 <= draw < 1:
        raise ValueError("backoff needs an attempt from 1 and a draw from 0 to below 1")
    # Compared as numbers first: the interval of a late attempt is longer than a timedelta can be.
    seconds = min(cap.total_seconds(), base.total_seconds() * 2.0 ** min(attempt - 1, 60))
    return timedelta(seconds=seconds * draw)
