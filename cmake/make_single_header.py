#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes one header that holds all that an umbrella header includes.

Each file of bitfault comes once, in the order of inclusion. Includes of other libraries go to the
top, once each, unless they stand under a condition: those stay where they are. A file of bitfault that is
included under a condition gets a guard, because it may be met again.

Usage: make_single_header.py INCLUDE_FOLDER bitfault/bitfault.hpp OUTPUT
"""
import os
import re
import sys

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"\s*#\s*(if|ifdef|ifndef)\b")
END = re.compile(r"\s*#\s*endif\b")
ONCE = re.compile(r"\s*#\s*pragma\s+once\b")
SPDX = "// SPDX-License-Identifier: MIT"


class Writer:
    def __init__(self, root, conditional=(), hoisted=()):
        self.root = root
        self.conditional = set(conditional)  # files met under a condition: they get a guard
        self.seen = set()
        self.hoisted = set(hoisted)
        self.body = []

    def resolve(self, path, bracket, name):
        """The included file relative to the root, or None if it belongs to another library."""
        if bracket == '"':
            beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if os.path.exists(os.path.join(self.root, beside)):
                return beside
        if name.startswith("bitfault/"):
            return os.path.normpath(name)
        if bracket == '"':
            sys.exit(f'{path}: "{name}" was not found')
        return None

    def add(self, path, depth, trail):
        if path in self.seen or path in trail:
            return
        if depth:
            self.conditional.add(path)
        else:
            self.seen.add(path)
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            lines = file.read().splitlines()
        if not any(ONCE.match(line) for line in lines):
            sys.exit(f"{path}: has no #pragma once")

        guard = None
        if path in self.conditional:
            guard = "BITFAULT_SINGLE_" + re.sub(r"\W", "_", path).upper()
            self.body += [f"#ifndef {guard}", f"#define {guard}"]
        self.body += ["", f"// ---- {path}"]
        inner = 0
        for line in lines:
            if ONCE.match(line) or line.strip() == SPDX:
                continue
            if CONDITION.match(line):
                inner += 1
            elif END.match(line):
                inner -= 1
            include = INCLUDE.match(line)
            if not include:
                self.body.append(line)
                continue
            target = self.resolve(path, *include.groups())
            if target is not None:
                self.add(target, depth + inner, trail + [path])
            elif depth + inner == 0:
                self.hoisted.add(include.group(2))
            elif include.group(2) not in self.hoisted:
                self.body.append(line)
        if inner != 0:
            sys.exit(f"{path}: #if and #endif do not match")
        if guard:
            self.body.append(f"#endif // {guard}")

    def text(self):
        lines = [SPDX, "// The whole of bitfault in one header. Generated; do not edit.", "#pragma once", ""]
        lines += [f"#include <{name}>" for name in sorted(self.hoisted)]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines + self.body)) + "\n"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    root, umbrella, output = sys.argv[1:]
    # The first pass finds out what is met where, the second one writes with that knowledge.
    first = Writer(root)
    first.add(umbrella, 0, [])
    second = Writer(root, first.conditional, first.hoisted)
    second.add(umbrella, 0, [])
    os.makedirs(os.path.dirname(os.path.abspath(output)), exist_ok=True)
    with open(output, "w", encoding="utf-8") as file:
        file.write(second.text())


if __name__ == "__main__":
    main()
