#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts every byte of RAM of the firmware. A variable that belongs to nobody is an error, and so are
more bytes for the library than promised. Plans are constants: one of them in RAM belongs to nobody.

Usage: check_ram.py FIRMWARE [NM]
"""
import re
import subprocess
import sys

import limits

OWNERS = {
    "library": r"injection$",
    "activations": r"arena$",
    "weights in RAM": r"\w+_overlay$",
    "image in RAM": r"frame$",
    "campaign": r"(golden|refused)$",
    "board": r"(timer_handler|board::write\(.*\)::handle)$",
}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    nm = sys.argv[2] if len(sys.argv) == 3 else "arm-none-eabi-nm"
    listing = subprocess.run([nm, "-C", "-S", "-n", sys.argv[1]], capture_output=True, text=True,
                             check=True).stdout
    places = dict((name, int(at, 16)) for at, name in
                  re.findall(r"^([0-9a-f]+) \w (\w+)$", listing, re.M))
    counted = dict.fromkeys(OWNERS, 0)
    wrong, total = 0, 0
    for _, size, kind, name in re.findall(r"^([0-9a-f]+) ([0-9a-f]+) (\w) (.+)$", listing, re.M):
        if kind not in "bBdD":
            continue
        size = int(size, 16)
        total += size
        for owner, pattern in OWNERS.items():
            if re.search(rf"(^|::){pattern}", name):
                counted[owner] += size
                break
        else:
            wrong += 1
            print(f"{name}: {size} bytes of RAM that belong to nobody")
    used = places["bss_end"] - places["data_begin"]
    for owner, size in counted.items():
        print(f"{owner}: {size}")
    print(f"alignment: {used - total}")
    print(f"in all: {used}, and a stack")
    if used - total > 16 or used < total:
        wrong += 1
        print("the variables do not add up to the sections")
    if not 0 < counted["library"] < limits.STATE_PROMISE:
        wrong += 1
        print(f"the library's state has to be less than {limits.STATE_PROMISE} bytes")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
