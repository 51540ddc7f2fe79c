#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the instructions of the library with those of code written by hand.

The file has extern "C" functions in pairs, <name>_library and <name>_by_hand, whose instructions
must be the same after labels are numbered anew, constants are replaced by their value and the
operands of comparisons for equality, which may stand either way, are put in order. A function <name>_nothing must be a bare return.

Usage: compare_code.py SOURCE COMPILER [FLAG...]
"""
import difflib
import re
import subprocess
import sys

LEVELS = ("-O2", "-O3")
FLAGS = ["-std=c++20", "-DNDEBUG", "-S", "-o", "-", "-g0", "-fno-asynchronous-unwind-tables",
         "-fno-exceptions"]
DATA = re.compile(r"\.(byte|value|short|long|int|quad|zero|string|ascii|octa|float|double)\b")


def assembly(source, compiler, flags):
    is_clang = "clang" in subprocess.run([compiler, "--version"], capture_output=True, text=True,
                                         check=True).stdout
    # Otherwise g++ makes one function of two equal ones, and there is nothing left to compare.
    own = [] if is_clang else ["-fno-ipa-icf"]
    run = subprocess.run([compiler, *FLAGS, *own, *flags, source], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(run.stderr)
    return [line.split("#")[0].strip() for line in run.stdout.splitlines()]


def constants(lines):
    """Local labels in front of data, with that data."""
    found, label = {}, None
    for line in lines:
        match = re.match(r"(\.L\w+):$", line)
        if match:
            label = match.group(1)
        elif DATA.match(line) and label:
            found.setdefault(label, []).append(re.sub(r"\s+", " ", line))
        elif line and not line.startswith(".align"):
            label = None
    return found


def functions(lines):
    """Name to instructions and labels; the cold part of a function follows its hot part."""
    found, name = {}, None
    for line in lines:
        match = re.match(r"([A-Za-z_]\w*)(\.cold(?:\.\d+)?)?:$", line)
        if match:
            name = match.group(1)
            found.setdefault(name, [])
            if match.group(2):
                found[name].append("COLD:")
        elif line.startswith(".size"):
            name = None
        elif name and line and (not line.startswith(".") or re.match(r"\.L\w+:$", line)):
            found[name].append(line)
    return found


def normalised(name, body, data):
    used = set(re.findall(r"\.L\w+", "\n".join(l for l in body if not l.endswith(":"))))
    numbers = {}

    def label(match):
        text = match.group()
        if text in data:
            # A table of jumps holds labels of its own: only that it is one can be compared.
            return "{" + "; ".join(re.sub(r"\.L\w+", "label", d) for d in data[text]) + "}"
        return numbers.setdefault(text, f".L{len(numbers)}")

    result = []
    for line in body:
        if line.endswith(":") and line.startswith(".L") and line[:-1] not in used:
            continue
        if line.split()[0] in ("endbr64", "nop", "nopw", "nopl"):
            continue
        line = re.sub(rf"\b{name}\b", "SELF", line)
        line = re.sub(r"\s+", " ", re.sub(r"\.L\w+", label, line))
        comparison = re.match(r"(cmp[bwlq]) (%\w+), (%\w+)$", result[-1]) if result else None
        if comparison and line.split()[0] in ("je", "jne"):
            result[-1] = "{} {}, {}".format(comparison[1], *sorted(comparison.groups()[1:]))
        result.append(line)
    return result


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    source, compiler, *flags = sys.argv[1:]
    wrong = 0
    for level in LEVELS:
        lines = assembly(source, compiler, [level, *flags])
        data, code = constants(lines), functions(lines)
        compared = 0
        for name in code:
            if name.endswith("_nothing"):
                compared += 1
                body = normalised(name, code[name], data)
                if body not in (["ret"], ["retq"]):
                    wrong += 1
                    print(f"{level}: {name} is more than a return:", *body, sep="\n  ")
            elif name.endswith("_library"):
                compared += 1
                twin = name[:-len("_library")] + "_by_hand"
                if twin not in code:
                    wrong += 1
                    print(f"{level}: {name} has no {twin} beside it")
                    continue
                mine = normalised(name, code[name], data)
                theirs = normalised(twin, code[twin], data)
                if mine != theirs:
                    wrong += 1
                    print(f"{level}: {len(mine)} instructions and labels, by hand {len(theirs)}:")
                    print("\n".join(difflib.unified_diff(theirs, mine, twin, name, lineterm="")))
                else:
                    print(f"{level}: {name}: {len(mine)} instructions and labels, the same as by hand")
            elif name.endswith("_by_hand") and name[:-len("_by_hand")] + "_library" not in code:
                wrong += 1
                print(f"{level}: {name} has no library twin beside it")
        if compared == 0:
            wrong += 1
            print(f"{level}: {source} has nothing to compare")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
