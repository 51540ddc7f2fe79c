#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long the compiler reads a header that is included alone: the median of five runs, in processor
time, so that other work on the machine counts little.

Above GOAL it says so, above LIMIT it fails: the gap is for noisy machines.

Usage: measure_parse_time.py HEADER INCLUDE_FOLDER COMPILER [FLAG...]
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile

GOAL, LIMIT, RUNS = 0.2, 0.4, 5


def used():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def seconds(command):
    start = used()
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit("parse: the header does not compile alone")
    return used() - start


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    header, root, compiler, *flags = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "parse.cpp")
        with open(source, "w", encoding="utf-8") as file:
            file.write(f"#include <{header}>\n")
        command = [compiler, "-std=c++20", "-fsyntax-only", "-I", root, *flags, source]
        seconds(command)  # brings files into memory
        times = [seconds(command) for _ in range(RUNS)]
    median = statistics.median(times)
    verdict = "within" if median <= GOAL else "above"
    print(f"parse: {header}: {median:.3f} s of processor time (median of {RUNS}, {min(times):.3f} to {max(times):.3f}), "
          f"{verdict} the goal of {GOAL} s, limit {LIMIT} s")
    sys.exit(1 if median > LIMIT else 0)


if __name__ == "__main__":
    main()
