"""Many lives, for the record: ``python -m tests.stateful --lives 300 --steps 60 --seed 1 --database sqlite``.

Writes what came about, how often, and how many steps were compared with the model; ends with 1, and with the steps that
led there, when one life came out otherwise. A PostgreSQL is started for it where one is asked for.
"""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack

import hypothesis
import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from gateway import instance
from gateway.catalogue import Catalogue
from tests.services.postgresql import PostgresServer
from tests.stateful.life import Life
from tests.stateful.plants import PLANTS, planted


def main() -> None:
    """Live them, and say what happened; the exception of the first life that does not come out as it must is raised."""
    parser = argparse.ArgumentParser(prog="python -m tests.stateful", description=__doc__)
    parser.add_argument("--lives", type=int, default=300)
    parser.add_argument("--steps", type=int, default=60, help="of one life, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--plant", choices=sorted(PLANTS), help="plant this bug, which has to be found")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    catalogue = Catalogue()
    terms = settings(
        max_examples=given.lives,
        stateful_step_count=given.steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    began = time.monotonic()
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(instance, "Catalogue", lambda _: catalogue)
        if given.database == "postgresql":
            server = PostgresServer()
            stack.callback(server.stop)
            patch.setattr(Life, "database", staticmethod(server.fresh_database))
        if given.plant:
            stack.enter_context(planted(given.plant))
        try:
            run_state_machine_as_test(hypothesis.seed(given.seed)(Life), settings=terms)
        finally:
            for what, many in sorted(Life.happened.items()):
                print(f"{many:9,}  {what}")
            print(f"{given.database}, seed {given.seed}: {time.monotonic() - began:.0f} seconds")


if __name__ == "__main__":
    main()
