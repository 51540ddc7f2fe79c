#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes one CTest entry for each TEST_CASE of a Catch2 program.

catch_discover_tests of Catch2 2.13 splits names at ';' and at unbalanced brackets, takes one label
only, and a name that matches no test passes. Here names are taken as they are, and a name that
matches nothing, or a test case without an assertion, fails.
"""
import argparse
import os
import subprocess
import sys


def quoted(text):
    """A CMake bracket argument: nothing in it is interpreted."""
    return "[====[" + text + "]====]"


def pattern(name):
    """The test's name as a Catch2 test specification."""
    return "".join("\\" + c if c in '\\,[]"' else c for c in name)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--room", required=True)
    parser.add_argument("--labels", required=True, help="separated by spaces")
    parser.add_argument("--catch-version", type=int, choices=(2, 3), required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    if arguments.catch_version == 2:
        listing = ["--list-test-names-only"]
    else:
        listing = ["--list-tests", "--verbosity", "quiet"]

    # Version 2 returns the number of tests as its exit status: only the output tells.
    run = subprocess.run([arguments.program, *listing], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, check=False)
    if run.returncode < 0 or (arguments.catch_version == 3 and run.returncode != 0):
        sys.exit(f"{arguments.program} did not list its tests:\n{run.stdout}{run.stderr}")
    names = [line.strip() for line in run.stdout.splitlines() if line.strip()]
    names = [n[1:-1] if n.startswith('"#') and n.endswith('"') else n for n in names]
    if not names:
        sys.exit(f"{arguments.program} has no tests")
    for name in names:
        if names.count(name) > 1:
            sys.exit(f"{arguments.program} has two tests named '{name}'")
        if name[0] in "~]*" or name[-1] == "*":
            sys.exit(f"Catch2 cannot select the test '{name}' by its name: no ~, ] or * at the start, "
                     "no * at the end")

    labels = quoted(";".join(arguments.labels.split()))
    with open(arguments.output + ".new", "w", encoding="utf-8") as out:
        for name in names:
            test = quoted(f"{arguments.room}: {name}")
            command = " ".join(quoted(a) for a in [arguments.program, pattern(name), "-w", "NoAssertions"])
            out.write(f"add_test({test} {command})\n")
            out.write(f"set_tests_properties({test} PROPERTIES LABELS {labels} "
                      'FAIL_REGULAR_EXPRESSION "No test cases matched")\n')
    os.replace(arguments.output + ".new", arguments.output)


if __name__ == "__main__":
    main()
