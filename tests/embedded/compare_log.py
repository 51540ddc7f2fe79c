#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the firmware, here or on an emulated board, and compares its log with the one that is kept.

The comparison is of bytes: all boards and all hosts print the same. A change that is meant is kept
with `--keep` in front, which writes the file anew.

Usage: compare_log.py [--keep] LOG COMMAND [ARGUMENT...]
"""
import difflib
import subprocess
import sys


def main():
    arguments = sys.argv[1:]
    keep = arguments[:1] == ["--keep"]
    if keep:
        arguments = arguments[1:]
    if len(arguments) < 2:
        sys.exit(__doc__)
    path, *command = arguments
    run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=300,
                         check=False)
    if run.returncode != 0:
        sys.exit(f"the firmware ended with {run.returncode}; its last lines:\n" +
                 "\n".join(run.stdout.decode(errors="replace").splitlines()[-5:]))
    if keep:
        with open(path, "wb") as file:
            file.write(run.stdout)
        return
    with open(path, "rb") as file:
        expected = file.read()
    if run.stdout != expected:
        was, now = (text.decode(errors="replace").splitlines() for text in (expected, run.stdout))
        sys.exit("the log differs from the one that is kept:\n" +
                 "\n".join(list(difflib.unified_diff(was, now, "kept", "now", lineterm=""))[:40]))
    print(f"{len(expected.splitlines())} lines, the same byte for byte")


if __name__ == "__main__":
    main()
