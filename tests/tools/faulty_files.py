# SPDX-License-Identifier: MIT
"""A file of tensors to inject into, and what faults have changed in it."""
import csv
import random

import tensor_files as files


def network(seed=5):
    """A file with a tensor of each type, and their words."""
    chance = random.Random(seed)
    tensors, words = {}, {}
    for i, (name, (dtype, _, width, _)) in enumerate(files.TYPES.items()):
        shape = [3, 4, i + 1]
        values = [chance.getrandbits(1 if name == "bool" else 8 * width)
                  for _ in range(files.size(shape))]
        tensors[name + ".w"] = (dtype, shape, files.words_to_bytes(values, width))
        words[name + ".w"] = values
    tensors["other"] = ("F8_E4M3", [2], b"ab")
    return files.safetensors(tensors, {"format": "pt"}), words


def all_targets():
    return [part for name in files.TYPES for part in ("--tensor", name + ".w")]


def listed(path):
    """The faults of a list file: [(tensor, element, mask, before, after)], with several lists."""
    faults, tensor, bits = [], None, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("# tensor:"):
                tensor = line.split(":", 1)[1].strip()
            elif line.startswith("# word bits:"):
                bits = int(line.split(":")[1])
            elif not line.startswith("#") and not line.startswith("element"):
                element, _, mask, _, _, before, after = next(csv.reader([line]))
                mask = (2 ** bits - 1 if mask == "all" else int(mask, 16) if mask[:2] == "0x" else
                        sum(1 << int(b) for b in mask.split()))
                faults.append((tensor, int(element), mask, int(before, 16), int(after, 16)))
    return faults


def changed_words(old, new):
    """{(tensor, element): (before, after)} between two safetensors files of the same header."""
    assert len(old) == len(new)
    before, after = files.read_safetensors(old), files.read_safetensors(new)
    width = {dtype: w for dtype, _, w, _ in files.TYPES.values()}
    changes = {}
    assert list(before) == list(after)
    for name, (dtype, shape, content) in before.items():
        assert after[name][:2] == (dtype, shape)
        pairs = zip(*(files.bytes_to_words(c, width.get(dtype, 1)) for c in
                      (content, after[name][2])))
        changes.update({(name, i): pair for i, pair in enumerate(pairs) if pair[0] != pair[1]})
    return changes
