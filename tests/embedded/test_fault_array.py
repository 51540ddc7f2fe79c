#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fault_list_to_array.py: both forms of a list give one array, and what is wrong is refused; the list
that the firmware replays is the one that a host draws, and the firmware's log says that it did the
same.

Usage: test_fault_array.py RECORD_FAULTS SOURCE_FOLDER
"""
import os
import re
import subprocess
import sys
import tempfile

HEAD = """# bitfault fault list
# format version: 1
# draw version: 1
# seed: 42
# trial: 7
# stream: 3
# step: 2
# element type: int8
# word bits: 8
# extents: 2 3 4
# tensor: fc.w
# policies:
element,coordinates,bits,action,value
"""
# One line each, and what becomes of it.
GOOD = [
    ("23,1 2 3,7,flip,", "{23u, 0x80u, 0x0u, bitfault::fault_action::flip},"),
    (",0 0 0,0 3,stuck_at_0,", "{0u, 0x9u, 0x0u, bitfault::fault_action::stuck_at_0},"),
    ("6,,0x5f,stuck_at_1,", "{6u, 0x5fu, 0x0u, bitfault::fault_action::stuck_at_1},"),
    ("13,1 0 1,all,write,0x3f", "{13u, 0xffu, 0x3fu, bitfault::fault_action::write},"),
]
BAD = [
    ("24,,7,flip,", "element 24, but there are 24"),
    (",2 0 0,7,flip,", "coordinates [2, 0, 0], but the extents are [2, 3, 4]"),
    ("22,1 2 3,7,flip,", "element 22, but the coordinates say 23"),
    ("0,,8,flip,", "mask 0x100"),
    ("0,,0x0,flip,", "mask 0x0"),
    ("0,,7,twist,", "there is no action 'twist'"),
    ("0,,7,write,0x7f", "value 0x7f has bits that the mask 0x80 has not"),
    ("0,,seven,flip,", "'seven' are no bits"),
    ("0,,7,flip", "4 columns, but the head has 5"),
]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    record, root = sys.argv[1:]
    script = os.path.join(root, "cmake", "fault_list_to_array.py")
    wrong = []
    with tempfile.TemporaryDirectory() as folder:

        def convert(content):
            source, target = os.path.join(folder, "list"), os.path.join(folder, "list.hpp")
            with open(source, "wb") as file:
                file.write(content)
            run = subprocess.run([sys.executable, script, source, target, "faults"],
                                 capture_output=True, text=True, check=False)
            if run.returncode != 0:
                return None, run.stderr
            with open(target, encoding="utf-8") as file:
                return file.read(), ""

        text, error = convert((HEAD + "\n".join(line for line, _ in GOOD) + "\n").encode())
        if text is None:
            sys.exit(f"a good list is refused: {error}")
        for line, expected in GOOD:
            if expected not in text:
                wrong.append(f"{line}: {expected} is missing")
        if "bitfault::extents<3> faults_extents{2, 3, 4};" not in text or "faults[4]" not in text:
            wrong.append("the extents or the size of the array are missing")
        for line, sentence in BAD:
            text, error = convert((HEAD + line + "\n").encode())
            if text is not None or sentence not in error or ":14:" not in error:
                wrong.append(f"{line}: expected line 14 and '{sentence}', got {error or 'no error'}")

        # The library's own writer, in both forms.
        lists = {}
        for form in ("csv", "bfl"):
            path = os.path.join(folder, f"recorded.{form}")
            subprocess.run([record, path], check=True)
            with open(path, "rb") as file:
                lists[form] = file.read()
        arrays = [convert(content)[0] for content in lists.values()]
        if None in arrays or arrays[0] != arrays[1]:
            wrong.append("the text and the binary form of one list give two arrays")
        damaged = bytearray(lists["bfl"])
        damaged[-30] ^= 1
        if "the checksum is wrong" not in convert(bytes(damaged))[1]:
            wrong.append("a damaged list is accepted")
        if "is no fault list" not in convert(b"element,bits\n")[1]:
            wrong.append("another file is accepted")

    firmware = os.path.join(root, "examples", "embedded")
    with open(os.path.join(firmware, "faults", "replayed.csv"), "rb") as file:
        if file.read() != lists["csv"]:
            wrong.append("faults/replayed.csv is not what a host draws now; write it anew")
    with open(os.path.join(firmware, "expected_log.txt"), encoding="utf-8") as file:
        replays = re.findall(r"^replay \d (.*)$", file.read(), re.M)
    if len(replays) != 2 or replays[0] != replays[1]:
        wrong.append(f"what was replayed differs from what was drawn: {replays}")
    print("\n".join(wrong) or f"{len(GOOD)} good lines, {len(BAD)} bad ones, two forms, one replay")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
