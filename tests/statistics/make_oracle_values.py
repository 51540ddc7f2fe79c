#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the known answers for the tests of the intervals, found by other means than the library's:
exact fractions for what is drawn without replacement, 50 digits of mpmath for the rest.

Usage: make_oracle_values.py > oracle_values.hpp      (needs mpmath: pip install mpmath)
"""
import random
from fractions import Fraction
from math import comb

import mpmath as mp

mp.mp.dps = 50
CONFIDENCES = ("0.5", "0.8", "0.95", "0.99", "0.999999")


def root(f, low, high):
    """The root of a function that falls or rises, by plain bisection."""
    low, high = mp.mpf(low), mp.mpf(high)
    rises = f(high) > 0
    for _ in range(110):
        middle = (low + high) / 2
        if (f(middle) > 0) == rises:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def at_least(k, n, p):
    """The chance of k or more hits, k not below n p: the sum of its falling terms."""
    if p in (0, 1):
        return mp.mpf(p)
    term = mp.binomial(n, k) * p**k * (1 - p)**(n - k)
    total = mp.mpf(0)
    for i in range(k, n + 1):
        total += term
        if term < total * mp.mpf(10)**-45:
            break
        term *= (n - i) * p / ((i + 1) * (1 - p))
    return total


def clopper_pearson(k, n, confidence):
    tail = (1 - mp.mpf(float(confidence))) / 2
    lower = root(lambda p: at_least(k, n, p) - tail, 0, mp.mpf(k) / n) if k else mp.mpf(0)
    upper = 1 - root(lambda q: at_least(n - k, n, q) - tail, 0, 1 - mp.mpf(k) / n) if k < n else mp.mpf(1)
    return lower, upper


def wilson(k, n, confidence):
    """The two roots of (k/n - p)^2 = z^2 p (1 - p) / n, as bisection finds them."""
    z = mp.sqrt(2) * mp.erfinv(mp.mpf(float(confidence)))
    share = mp.mpf(k) / n
    f = lambda p: (share - p)**2 - z**2 * p * (1 - p) / n
    lower = root(f, 0, share) if k else mp.mpf(0)
    upper = root(f, share, 1) if k < n else mp.mpf(1)
    return lower, upper


def anytime(k, n, confidence):
    limit = (1 - mp.mpf(float(confidence))) / (n + 1)
    f = lambda p: comb(n, k) * p**k * (1 - p)**(n - k) - limit
    share = mp.mpf(k) / n
    return (root(f, 0, share) if k else mp.mpf(0)), (root(f, share, 1) if k < n else mp.mpf(1))


def hypergeometric(k, n, good, all_):
    return Fraction(comb(good, k) * comb(all_ - good, n - k), comb(all_, n))


def exact_without_replacement(k, n, all_, confidence):
    tail = (1 - Fraction(confidence)) / 2
    inside = [good for good in range(k, all_ - n + k + 1)
              if sum(hypergeometric(i, n, good, all_) for i in range(k, n + 1)) >= tail
              and sum(hypergeometric(i, n, good, all_) for i in range(0, k + 1)) >= tail]
    return inside[0], inside[-1]


def anytime_without_replacement(k, n, all_, confidence):
    limit = (1 - Fraction(confidence)) / (n + 1)
    inside = [good for good in range(k, all_ - n + k + 1)
              if hypergeometric(k, n, good, all_) >= limit]
    return inside[0], inside[-1]


def lines(name, type_, rows):
    print(f"\ninline constexpr {type_} {name}[] = {{")
    for row in rows:
        print("    {" + ", ".join(row) + "},")
    print("};")


def main():
    pick = random.Random(20)
    small = [(k, n, c) for n in (1, 2, 7, 20, 148, 1000) for k in sorted({0, 1, n // 3, n})
             for c in CONFIDENCES if c in ("0.95",) or pick.random() < 0.3]
    large = [(0, 10**6, "0.95"), (1, 10**6, "0.95"), (137, 10**6, "0.99"), (20000, 10**6, "0.95"),
             (499999, 10**6, "0.8"), (10**6 - 3, 10**6, "0.95"), (10**6, 10**6, "0.95")]
    drawn = []
    for all_ in (1, 2, 5, 20, 60, 150):
        for _ in range(8):
            n = pick.randint(1, all_)
            drawn.append((pick.randint(0, n), n, all_, pick.choice(CONFIDENCES[:4])))

    print("// SPDX-License-Identifier: MIT\n#pragma once\n\n"
          "// Written by tests/statistics/make_oracle_values.py.\n\n#include <cstdint>\n\n"
          "namespace oracle {\n\n"
          "struct share { std::uint64_t hits, trials; double confidence, lower, upper; };\n"
          "struct count {\n  std::uint64_t hits, trials, population;\n  double confidence;\n"
          "  std::uint64_t lower, upper;\n};")
    digits = lambda x: mp.nstr(x, 20)
    row = lambda f: lambda k, n, c: [str(k), str(n), c] + [digits(x) for x in f(k, n, c)]
    lines("clopper_pearson", "share", [row(clopper_pearson)(*c) for c in small + large])
    lines("wilson", "share", [row(wilson)(*c) for c in small + large])
    lines("anytime", "share", [row(anytime)(*c) for c in small])
    for name, f in (("hypergeometric", exact_without_replacement),
                    ("anytime_without_replacement", anytime_without_replacement)):
        lines(name, "count", [[str(k), str(n), str(a), c] + [str(x) for x in f(k, n, a, c)]
                              for k, n, a, c in drawn])
    print("\n} // namespace oracle")


main()
