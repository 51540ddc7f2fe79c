#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the C++ in the documents is C++ that runs.

Every C++ block in README.md and docs/ has to be, but for indentation, a region of a file in
examples/ that CTest runs:

    // [name]
    ...
    // [/name]

A block that cannot be compiled here says why on its first line: ```cpp ignore: reason. C++ is
fenced and says that it is C++: a block without a language, or an indented one, that names
bitfault:: or includes a header of it is reported.

Usage: check_snippets.py PROJECT_FOLDER
"""
import difflib
import os
import re
import sys
import textwrap

FENCE = re.compile(r"^( *)(```+|~~~+)\s*(.*?)\s*$")
CPP = {"cpp", "c++", "cxx", "cc", "hpp", "h"}
IGNORE = re.compile(r"^\S+\s+ignore:\s*(.*)$")
LOOKS_LIKE_CPP = re.compile(r"\bbitfault::\w|#\s*include\s*[<\"]bitfault/")
MARK = re.compile(r"^\s*// \[(/?)([^\]/]+)\]\s*$")


def plain(lines):
    """Without common indentation, blanks at line ends, and blank lines around it."""
    return textwrap.dedent("\n".join(line.rstrip() for line in lines)).strip("\n")


class Checker:
    def __init__(self, root):
        self.root = root
        self.wrong = []
        self.regions = {}  # text -> place
        self.blocks = 0
        self.ignored = []

    def complain(self, path, line, sentence):
        self.wrong.append(f"{os.path.relpath(path, self.root)}:{line}: {sentence}")

    def files(self, folder, endings):
        found = []
        for base, folders, names in os.walk(os.path.join(self.root, folder)):
            folders.sort()
            found += [os.path.join(base, name) for name in sorted(names) if name.endswith(endings)]
        return found

    def runs(self, path):
        """A file of examples/ itself is a test; one in a folder of it is, if that folder adds tests."""
        folder = os.path.dirname(path)
        top = os.path.join(self.root, "examples")
        while folder != top:
            listing = os.path.join(folder, "CMakeLists.txt")
            if os.path.exists(listing):
                with open(listing, encoding="utf-8") as file:
                    return "add_test" in file.read()
            folder = os.path.dirname(folder)
        return path.endswith(".cpp")

    def read_regions(self, path):
        name, begin, lines, names = None, 0, [], set()
        with open(path, encoding="utf-8") as file:
            text = file.read().splitlines()
        for number, line in enumerate(text, 1):
            mark = MARK.match(line)
            if not mark:
                lines.append(line)
                continue
            closes, found = mark.groups()
            if closes and found != name:
                self.complain(path, number, f"[/{found}] closes no region")
            elif closes:
                self.regions[plain(lines)] = f"{os.path.relpath(path, self.root)} [{name}]"
                name = None
            elif name is not None:
                self.complain(path, number, f"[{found}] begins inside of [{name}]")
            elif found in names:
                self.complain(path, number, f"there are two regions [{found}]")
            else:
                name, begin, lines = found, number, []
                names.add(found)
        if name is not None:
            self.complain(path, begin, f"region [{name}] has no end // [/{name}]")

    def check_block(self, path, number, info, lines):
        language = info.split()[0].lower() if info else ""
        if language not in CPP:
            if not language and any(LOOKS_LIKE_CPP.search(line) for line in lines):
                self.complain(path, number, "a block of C++ does not say so; begin it with ```cpp")
            return
        self.blocks += 1
        ignore = IGNORE.match(info)
        if ignore:
            if not ignore.group(1):
                self.complain(path, number, "ignore: needs a reason")
            self.ignored.append(f"{os.path.relpath(path, self.root)}:{number}: {ignore.group(1)}")
            return
        if info != info.split()[0]:
            self.complain(path, number, f"'{info}': after the language comes nothing, or 'ignore: reason'")
        text = plain(lines)
        if text in self.regions:
            return
        nearest = difflib.get_close_matches(text, self.regions, n=1, cutoff=0)
        detail = ""
        if nearest:
            ours, theirs = text.splitlines(), nearest[0].splitlines()
            different = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]),
                             min(len(ours), len(theirs)))
            detail = (f"; the nearest, {self.regions[nearest[0]]}, differs from line {different + 1} of "
                      "the block on")
        self.complain(path, number, f"no region of an example has this text{detail}")

    def check_document(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read().splitlines()
        fence, info, begin, lines, before = None, "", 0, [], ""
        indented = False
        for number, line in enumerate(text, 1):
            mark = FENCE.match(line)
            if fence is not None:
                if mark and mark.group(2).startswith(fence) and not mark.group(3):
                    self.check_block(path, begin, info, lines)
                    fence, before, indented = None, "", False
                else:
                    lines.append(line)
                continue
            if mark:
                fence, info, begin, lines = mark.group(2), mark.group(3), number, []
                continue
            # An indented block begins after a blank line.
            is_deep = line.startswith("    ")
            indented = is_deep and (indented or not before.strip())
            if indented and LOOKS_LIKE_CPP.search(line):
                self.complain(path, number, "C++ in an indented block is not checked; fence it with ```cpp")
            before = line
        if fence is not None:
            self.complain(path, begin, "this block has no end")

    def run(self):
        for path in self.files("examples", (".cpp", ".hpp", ".cu")):
            if self.runs(path):
                self.read_regions(path)
        documents = [os.path.join(self.root, "README.md"), *self.files("docs", (".md",))]
        for path in documents:
            if os.path.exists(path):
                self.check_document(path)
            else:
                self.complain(path, 1, "there is no such document")
        for place in self.ignored:
            print(f"not compiled: {place}")
        for sentence in self.wrong:
            print(sentence)
        print(f"snippets: {self.blocks} blocks of C++ in {len(documents)} documents, "
              f"{len(self.ignored)} of them not compiled, {len(self.wrong)} wrong")
        return 1 if self.wrong else 0


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(Checker(sys.argv[1]).run())


if __name__ == "__main__":
    main()
