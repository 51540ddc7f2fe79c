#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks who includes whom in include/bitfault (docs/design: "Rooms, and which may see which").

A room includes rooms of lower rank only; `random` may also see `core`. Integrations see rank 2 and
below, LibTorch's hooks, which inject, see rank 4 and below, and only its model of a campaign sees
campaigns; nobody includes them. Umbrellas include anything, contain nothing else, and nobody but an
umbrella includes them. Ranks 0 to 3 and make.hpp are freestanding. No header includes itself, by
whatever detour.

Usage: check_layers.py INCLUDE_FOLDER     (the folder that has bitfault/ in it)
"""
import os
import re
import sys

RANK = {
    "config": 0,
    "core": 1, "random": 1,
    "views": 2, "space": 2, "selectors": 2, "formats": 2, "faults": 2,
    "injector": 3,
    "make.hpp": 4, "backends": 4, "fault_list": 4, "statistics": 4,
    "campaign": 5,
}
SIDE = "integrations"
SIDE_SEES = 2
# Integrations that are more than views: what begins so sees that rank and below.
SIDE_SEES_MORE = {"integrations/torch/": 4, "integrations/torch/recorded_model.hpp": 5}
SAME_RANK_ALLOWED = {("random", "core")}
UMBRELLAS = {"bitfault.hpp", "embedded.hpp"}

FREESTANDING_RANK = 3
FREESTANDING_ROOMS = {"make.hpp"}
# No <type_traits>, no <concepts>: core/traits.hpp says why.
FREESTANDING = {"cfloat", "cstddef", "cstdint"}
EXTRA = {"core/error.hpp": {"new"}}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def without_block_comments(text):
    """Comments become blanks; line numbers stay."""
    return re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def room_of(path):
    """config/macros.hpp -> config, make.hpp -> make.hpp"""
    return path.split("/")[0]


class Checker:
    def __init__(self, root):
        self.root = root
        self.base = os.path.join(root, "bitfault")
        self.files = sorted(
            os.path.relpath(os.path.join(folder, name), self.base).replace(os.sep, "/")
            for folder, _, names in os.walk(self.base) for name in names
            if name.endswith((".hpp", ".cuh", ".h")))
        self.edges = {}
        self.faults = []

    def wrong(self, path, line, sentence):
        self.faults.append(f"{os.path.join(self.base, path)}:{line}: {sentence}")

    def target_of(self, path, bracket, name):
        """The included file relative to bitfault/, or None if it is not one of ours."""
        if bracket == '"':
            beside = os.path.normpath(os.path.join(os.path.dirname(path), name)).replace(os.sep, "/")
            if beside in self.files:
                return beside
        if name.startswith("bitfault/"):
            return os.path.normpath(name[len("bitfault/"):]).replace(os.sep, "/")
        return None

    def check_edge(self, path, line, target):
        source, seen = room_of(path), room_of(target)
        if target not in self.files:
            self.wrong(path, line, f"bitfault/{target} does not exist")
        elif path in UMBRELLAS or source == seen:
            pass
        elif target in UMBRELLAS:
            self.wrong(path, line, f"includes the umbrella bitfault/{target}; name the header meant")
        elif seen == SIDE:
            self.wrong(path, line, f"includes bitfault/{target}; nobody includes {SIDE}")
        elif seen not in RANK:
            pass  # reported once, where that room is checked
        elif source == SIDE:
            sees = max([SIDE_SEES] + [rank for start, rank in SIDE_SEES_MORE.items()
                                      if path.startswith(start)])
            if RANK[seen] > sees:
                self.wrong(path, line, f"this part of {SIDE} sees rank {sees} and below, and "
                                       f"'{seen}' has rank {RANK[seen]}")
        elif RANK[seen] > RANK[source]:
            self.wrong(path, line, f"'{source}' (rank {RANK[source]}) includes '{seen}' "
                                   f"(rank {RANK[seen]}), which is above it")
        elif RANK[seen] == RANK[source] and (source, seen) not in SAME_RANK_ALLOWED:
            self.wrong(path, line, f"'{source}' includes '{seen}'; both have rank {RANK[source]}, and "
                                   "rooms of one rank do not see each other")

    def check_file(self, path):
        room = room_of(path)
        if room != SIDE and path not in UMBRELLAS and room not in RANK:
            self.wrong(path, 1, f"'{room}' has no rank; give it one in cmake/check_layers.py")
            return
        freestanding = path not in UMBRELLAS and room != SIDE and (
            RANK[room] <= FREESTANDING_RANK or room in FREESTANDING_ROOMS)
        self.edges[path] = []
        with open(os.path.join(self.base, path), encoding="utf-8") as file:
            text = without_block_comments(file.read())
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                code = line.split("//")[0].strip()
                if path in UMBRELLAS and code and not code.startswith("#"):
                    self.wrong(path, number, "an umbrella contains includes only")
                continue
            bracket, name = match.groups()
            target = self.target_of(path, bracket, name)
            if target is not None:
                self.edges[path].append((target, number))
                self.check_edge(path, number, target)
            elif bracket == '"':
                self.wrong(path, number, f'"{name}" is not a header of bitfault')
            elif freestanding and name not in FREESTANDING | EXTRA.get(path, set()):
                self.wrong(path, number, f"'{room}' is freestanding, and <{name}> is not among the "
                                         "headers that it may use")

    def check_cycles(self):
        state = {}

        def visit(path, trail):
            state[path] = "open"
            for target, number in self.edges.get(path, []):
                if state.get(target) == "open":
                    cycle = trail[trail.index(target):] + [target]
                    self.wrong(path, number, "includes itself: " + " -> ".join(cycle))
                elif target not in state and target in self.edges:
                    visit(target, trail + [target])
            state[path] = "done"

        for path in self.files:
            if path not in state:
                visit(path, [path])

    def run(self):
        for path in self.files:
            self.check_file(path)
        self.check_cycles()
        for fault in self.faults:
            print(fault)
        if not self.files:
            print(f"{self.base}: there are no headers")
            return 1
        edges = sum(len(targets) for targets in self.edges.values())
        print(f"layers: {len(self.files)} headers, {edges} includes, {len(self.faults)} wrong")
        return 1 if self.faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(Checker(sys.argv[1]).run())
