"""Rounds of random crashes that can be repeated: SYMBOLON_TEST_SEED=N repeats all of a run,
SYMBOLON_TEST_ROUND=N does one round of it only, SYMBOLON_TEST_ROUNDS=N does more or fewer.

What a round chooses comes from seed and number of the round; the rest is a matter of moments."""

import os
import random

ROUNDS = int(os.environ.get("SYMBOLON_TEST_ROUNDS", 0))
SEED = int(os.environ.get("SYMBOLON_TEST_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 31)
ONLY = os.environ.get("SYMBOLON_TEST_ROUND")


def rounds(test, few):
    """Yields (number, random) and says what is done; for use in a loop over subtests."""
    numbers = [int(ONLY)] if ONLY is not None else range(ROUNDS or few)
    name = test.id().rpartition(".")[2]
    print(f"{name}: {len(numbers)} rounds, SYMBOLON_TEST_SEED={SEED}", flush=True)
    for number in numbers:
        yield number, random.Random(f"{SEED} {name} {number}")


def figures(text):
    """A line that make test-crash shows of a test that passed, too."""
    print(f"figures: {text}", flush=True)
