#!/usr/bin/env python3
"""Writes tests/vectors/laplace.json: what crypto/laplace.c has to compute, from the definition.

    laplace_vectors.py > tests/vectors/laplace.json

Nothing is shared with the product: the probabilities of a share are sums of products of two negative
binomial probabilities with 100 decimal digits, without a recurrence over x; for h = 1 they are the closed
form of the discrete Laplace distribution. Thresholds are those of 2^127 P(|x| <= k), rounded down.
"""

import decimal
import hashlib
import json
from decimal import Decimal

decimal.getcontext().prec = 100
ENOUGH = Decimal(2) ** -96
TABLES = [  # epsilon in 10^-9, sensitivity, h
    (12_500_000_000, 1, 120), (1_000_000_000, 1, 1), (1_000_000_000, 1, 2), (1_000_000_000, 1, 120),
    (1_000_000_000, 2, 4), (1_000_000_000, 4, 120), (333_333_333, 3, 4), (700_000_001, 12, 7),
    (3_906_250, 1, 1),
]
RELEASES = [  # epsilon in 10^-9, sensitivity, h, present, cells
    (1_000_000_000, 1, 120, 200, 100_000), (1_000_000_000, 2, 120, 200, 100_000),
    (1_000_000_000, 4, 120, 200, 100_000), (1_000_000_000, 1, 120, 200, 1_000_000),
    (1_000_000_000, 2, 120, 200, 1_000_000), (1_000_000_000, 4, 120, 200, 1_000_000),
    (1_000_000_000, 4, 120, 160, 100), (1_000_000_000, 3, 4, 6, 10_000), (1_000_000_000, 1, 2, 3, 20),
    (500_000_000, 3, 3, 5, 50_000), (12_500_000_000, 1, 120, 200, 1_000_000), (1_000_000_000, 4, 1, 1, 100_000),
    (1_000_000_000, 2, 1, 20, 7_000_000), (900_000_000, 7, 10, 9, 1),
]


def negative_binomial(r, q, n):
    p = [(r * (1 - q).ln()).exp()]
    for k in range(n):
        p.append(p[-1] * q * (k + r) / (k + 1))
    return p


def probabilities(epsilon_nano, sensitivity, h, present, reach):
    """P(x) for x from 0 on, as far as 2^-reach matters."""
    a = Decimal(epsilon_nano) / (Decimal(10) ** 9 * sensitivity)
    r, q = Decimal(present) / h, (-a).exp()
    n = int((reach * Decimal(2).ln() + 6 * r + 10) / a) + 2
    nb = negative_binomial(r, q, 2 * n)
    return [sum(map(Decimal.__mul__, nb[:n], nb[x:x + n])) for x in range(n)]


def closed_form(epsilon_nano, sensitivity):
    """P(|x| <= k) for k from 0 on, of the discrete Laplace distribution."""
    q = (-Decimal(epsilon_nano) / (Decimal(10) ** 9 * sensitivity)).exp()
    k = 0
    while True:
        yield 1 - 2 * q ** (k + 1) / (1 + q)
        k += 1


def sums(p):
    total = p[0]
    yield total
    for x in p[1:]:
        total += 2 * x
        yield total


def table(epsilon_nano, sensitivity, h):
    inside = closed_form(epsilon_nano, sensitivity) if h == 1 else \
        sums(probabilities(epsilon_nano, sensitivity, h, 1, 150))
    thresholds = []
    for total in inside:
        if 1 - total < ENOUGH:
            break
        thresholds.append(int(total * 2 ** 127))
    digest = hashlib.sha256(b"".join(t.to_bytes(16, "big") for t in thresholds)).hexdigest()
    return {"epsilon_nano": epsilon_nano, "sensitivity": sensitivity, "h": h, "size": len(thresholds),
            "sha256": digest}


def release(epsilon_nano, sensitivity, h, present, cells):
    p = probabilities(epsilon_nano, sensitivity, h, present, 80)
    assert abs(p[0] + 2 * sum(p[1:]) - 1) < Decimal(2) ** -70
    above = [Decimal(0)]  # above[x] = P(X >= x)
    for mass in reversed(p):
        above.append(above[-1] + mass)
    above.reverse()
    threshold = 11
    while threshold < len(above) and above[threshold] > min(1 / Decimal(cells), Decimal("1e-5")):
        threshold += 1
    half_width = next(w for w in range(len(p)) if 1 - 2 * above[w + 1] >= Decimal("0.95"))
    ghost = above[threshold] if threshold < len(above) else Decimal(1) / 10 ** 30
    return {"epsilon_nano": epsilon_nano, "sensitivity": sensitivity, "h": h, "present": present,
            "cells": cells, "threshold": threshold, "half_width": half_width,
            "inside_ppm": int((1 - 2 * above[half_width + 1]) * 10 ** 6),
            "ghost_nano": int((ghost * 10 ** 9).to_integral_value(decimal.ROUND_CEILING))}


def main():
    made = {"source": "tests/tools/laplace_vectors.py", "tables": [table(*t) for t in TABLES],
            "releases": [release(*r) for r in RELEASES]}
    print(json.dumps(made, indent=1))


if __name__ == "__main__":
    main()
