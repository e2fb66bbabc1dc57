"""The bugs that a life must not survive: each is put in from outside, by having one piece of the gateway do it wrong.

They are of the kind that killing at every act does not find, or finds late: wrong only together with something that
came before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import delete

from gateway import reprocessed_interchange
from gateway.ledger import counters, expectations, idempotency, interchanges
from queues import WorkQueue
from queues.schema import job

Patch = pytest.MonkeyPatch


def _copies_count(patch: Patch) -> None:
    """The same file again takes effect again."""
    patch.setattr(interchanges, "earlier", lambda *_, **__: [])
    real = idempotency.claim

    def claim(*given: Any, scope: str, **more: Any) -> Any:  # noqa: ANN401 (as the real one takes and gives them)
        return None if scope == "interchange" else real(*given, scope=scope, **more)

    patch.setattr(idempotency, "claim", claim)


def _late_answers_do_not_count(patch: Patch) -> None:
    """An answer that comes when its time is over settles nothing."""
    real = expectations.match

    def match(*given: Any, **more: Any) -> Any:  # noqa: ANN401 (as the real one takes and gives them)
        return [each for each in real(*given, **more) if each.state != "overdue"]

    patch.setattr(expectations, "match", match)


def _yes_washes_out_no(patch: Patch) -> None:
    """The last answer counts, whatever was said before."""
    real = expectations.match

    def match(connection: Any, **given: Any) -> Any:  # noqa: ANN401
        found = real(connection, **given)
        again = [each for each in found if each.state == "rejected"]
        for each in again:
            expectations.renew(connection, [each], at=each.recorded_at, actor="gateway")
        return real(connection, **given) if again else found

    patch.setattr(expectations, "match", match)


def _numbers_twice(patch: Patch) -> None:
    """Every fourth number is the one before it."""
    real, taken = counters.take, list[int]()

    def take(*given: Any, **more: Any) -> int:  # noqa: ANN401
        if len(taken) % 4 == 3:
            taken.append(taken[-1])
            return taken[-1]
        taken.append(real(*given, **more))
        return taken[-1]

    patch.setattr(counters, "take", take)


def _old_and_new(patch: Patch) -> None:
    """What is made again while it waits to be delivered is delivered in both forms."""
    patch.setattr(reprocessed_interchange, "undelivered", lambda *_: [])


def _work_of_the_dead_is_forgotten(patch: Patch) -> None:
    """What a worker held that died is taken out of the queue instead of being given to another."""

    def release(_queue: WorkQueue, connection: Any, until: Any, _limit: int) -> list[Any]:  # noqa: ANN401
        connection.execute(delete(job).where(job.c.state == "leased", job.c.lease_until <= until))
        return []

    patch.setattr(WorkQueue, "_release", release)


def _ids_are_enough(patch: Patch) -> None:
    """A document with the id of another is taken for it, and lost."""
    real = idempotency.claim

    def claim(connection: Any, *, scope: str, **more: Any) -> Any:  # noqa: ANN401
        found = real(connection, scope=scope, **more)
        return idempotency.Existing(**{**_fields(found), "same": True}) if found and scope == "business" else found

    patch.setattr(idempotency, "claim", claim)


def _fields(found: Any) -> dict[str, Any]:  # noqa: ANN401
    return {name: getattr(found, name) for name in type(found).__struct_fields__}


PLANTS: Mapping[str, Callable[[Patch], None]] = {
    "a copy takes effect": _copies_count,
    "an answer that is late does not count": _late_answers_do_not_count,
    "a later yes washes out a no": _yes_washes_out_no,
    "a number is given twice": _numbers_twice,
    "what is made again goes out in both forms": _old_and_new,
    "the work of the dead is forgotten": _work_of_the_dead_is_forgotten,
    "an id is enough to know a document by": _ids_are_enough,
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The bug is in, until the end of the block."""
    with pytest.MonkeyPatch.context() as patch:
        PLANTS[name](patch)
        yield
