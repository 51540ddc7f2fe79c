#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns a fault list file into a C++ header with a constant array, for firmware.

Reads both forms of docs/fault_list_format.md. The array lies in flash and is what
bitfault::apply_faults takes.

Usage: fault_list_to_array.py FAULT_LIST OUTPUT NAME
"""
import os
import re
import struct
import sys
import zlib

MAGIC = b"\x89BFL\r\n\x1a\n"
TITLE = "# bitfault fault list"
ACTIONS = ("flip", "stuck_at_0", "stuck_at_1", "write")


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def check(where, element, mask, value, action, extents, width):
    if element >= product(extents):
        sys.exit(f"{where}: element {element}, but there are {product(extents)}")
    if mask == 0 or mask >> width:
        sys.exit(f"{where}: mask {mask:#x}, but it takes 1 to {width} bits of a word of {width}")
    if value & ~mask or (value and action != "write"):
        sys.exit(f"{where}: value {value:#x} has bits that the mask {mask:#x} has not")


def read_binary(path, data):
    if zlib.crc32(data[:-4]) != struct.unpack("<I", data[-4:])[0]:
        sys.exit(f"{path}: the checksum is wrong")
    version, _, seed, trial, stream, step, width, rank = struct.unpack_from("<IIQQIIII", data, 8)
    if version != 1:
        sys.exit(f"{path}: format version {version}; this program reads version 1")
    at = 48
    extents = struct.unpack_from(f"<{rank}Q", data, at)
    at += 8 * rank
    texts = []
    for _ in range(3):
        size = struct.unpack_from("<I", data, at)[0]
        texts.append(data[at + 4:at + 4 + size].decode())
        at += 4 + size
    count = struct.unpack_from("<Q", data, at)[0]
    at += 8
    faults = []
    for i in range(count):
        element, mask, value, action = struct.unpack_from("<QQQB", data, at + 25 * i)
        if action >= len(ACTIONS):
            sys.exit(f"{path}: fault {i}: there is no action {action}")
        check(f"{path}: fault {i}", element, mask, value, ACTIONS[action], extents, width)
        faults.append((element, mask, value, ACTIONS[action]))
    key = f"seed {seed}, trial {trial}, stream {stream}, step {step}"
    return texts[1], texts[0], width, extents, key, faults


def read_mask(where, text, width):
    if text == "all":
        return (1 << width) - 1
    try:
        return int(text, 16) if text.startswith("0x") else sum({1 << int(b) for b in text.split()})
    except ValueError:
        sys.exit(f"{where}: '{text}' are no bits")


def read_text(path, lines):
    entries, faults, columns = {}, [], None
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        line = line.strip()
        if not line:
            continue
        if line.startswith("#"):
            name, colon, value = line[1:].partition(":")
            if colon:
                entries[name.strip()] = value.strip()
            continue
        cells = [cell.strip() for cell in line.split(",")]
        if columns is None:
            columns = cells
            continue
        if len(cells) != len(columns):
            sys.exit(f"{where}: {len(cells)} columns, but the head has {len(columns)}")
        try:
            extents = [int(n) for n in entries["extents"].split()]
            width = int(entries["word bits"])
        except (KeyError, ValueError):
            sys.exit(f"{path}: 'extents' or 'word bits' is missing or no number")
        row = dict(zip(columns, cells))
        action = row.get("action")
        if action not in ACTIONS:
            sys.exit(f"{where}: there is no action '{action}'")
        element = None
        if row.get("coordinates") or not row.get("element"):
            index = [int(n) for n in row["coordinates"].split()]
            if len(index) != len(extents) or any(i >= n for i, n in zip(index, extents)):
                sys.exit(f"{where}: coordinates {index}, but the extents are {extents}")
            element = 0
            for i, n in zip(index, extents):
                element = element * n + i
        if row.get("element"):
            if element is not None and int(row["element"]) != element:
                sys.exit(f"{where}: element {row['element']}, but the coordinates say {element}")
            element = int(row["element"])
        mask = read_mask(where, row["bits"], width)
        value = int(row["value"], 16) if row.get("value") else 0
        check(where, element, mask, value, action, extents, width)
        faults.append((element, mask, value, action))
    for name in ("format version", "seed", "trial", "stream", "step", "element type"):
        if name not in entries:
            sys.exit(f"{path}: '{name}' is missing")
    if entries["format version"] != "1":
        sys.exit(f"{path}: format version {entries['format version']}; this program reads version 1")
    key = ", ".join(f"{name} {entries[name]}" for name in ("seed", "trial", "stream", "step"))
    return (entries.get("tensor", ""), entries["element type"], int(entries["word bits"]),
            [int(n) for n in entries["extents"].split()], key, faults)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    path, output, name = sys.argv[1:]
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        sys.exit(f"'{name}' cannot be the name of an array")
    with open(path, "rb") as file:
        data = file.read()
    if data.startswith(MAGIC):
        try:
            content = read_binary(path, data)
        except struct.error:
            sys.exit(f"{path}: ends too early")
    elif data.startswith(TITLE.encode()):
        content = read_text(path, data.decode().splitlines())
    else:
        sys.exit(f"{path}: is no fault list")
    tensor, element_type, width, extents, key, faults = content
    if not faults:
        sys.exit(f"{path}: has no faults, and C++ has no arrays without elements")

    # The rank is written down: what g++ 12 deduces it lays in RAM, constexpr or not.
    sizes = ", ".join(str(n) for n in extents)
    lines = ["// SPDX-License-Identifier: MIT",
             f"// Written by fault_list_to_array.py from {os.path.basename(path)}; do not edit.",
             "#pragma once", "", "#include <bitfault/embedded.hpp>", "",
             f"/// {tensor or 'A tensor'}: {element_type}, a word of {width} bits; drawn with {key}.",
             f"inline constexpr bitfault::extents<{len(extents)}> {name}_extents{{{sizes}}};",
             f"inline constexpr bitfault::listed_fault {name}[{len(faults)}] = {{"]
    lines += [f"  {{{element}u, {mask:#x}u, {value:#x}u, bitfault::fault_action::{action}}},"
              for element, mask, value, action in faults]
    lines += ["};", ""]
    os.makedirs(os.path.dirname(os.path.abspath(output)), exist_ok=True)
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


if __name__ == "__main__":
    main()
