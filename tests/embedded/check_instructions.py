#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions that faults cost on a board, counted by QEMU, against limits.py.

Usage: check_instructions.py COMMAND [ARGUMENT...]       (a command that runs costs-<board>.elf)
"""
import subprocess
import sys

import limits


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    run = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         timeout=300, check=False)
    if run.returncode != 0:
        sys.exit(f"the program ended with {run.returncode}:\n{run.stdout}{run.stderr}")
    counted = {}
    for line in run.stdout.splitlines():
        name, faults, instructions, stack = line.split()
        counted[name] = int(instructions)
        print(f"{name}: {faults} faults, {instructions} instructions, {stack} bytes of stack")
    wrong = 0

    def expect(what, count, limit, promise):
        nonlocal wrong
        print(f"{what}: {count} instructions (limit {limit}{promise})")
        if not 0 < count <= limit:
            wrong += 1
            print("  that is outside the limit in limits.py")

    if abs(counted["known_loop"] - 2001) > 1:
        sys.exit(f"a loop of 2,001 instructions is counted as {counted['known_loop']}")
    more = (counted["exactly_100"] - counted["exactly_1"]) / 99
    expect("a fault of `exactly`", more, limits.FAULT, f", promised {limits.FAULT_PROMISE}")
    expect("the first fault of a key", counted["exactly_1"], limits.FIRST_FAULT, "")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
