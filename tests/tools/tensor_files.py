# SPDX-License-Identifier: MIT
"""Tensor files written and read with nothing but struct and json, as an oracle for the program."""
import json
import math
import struct

# type: (safetensors, npy, bytes, struct)
TYPES = {
    "float64": ("F64", "f8", 8, "d"), "float32": ("F32", "f4", 4, "f"),
    "float16": ("F16", "f2", 2, "e"), "bfloat16": ("BF16", None, 2, None),
    "int64": ("I64", "i8", 8, "q"), "int32": ("I32", "i4", 4, "i"),
    "int16": ("I16", "i2", 2, "h"), "int8": ("I8", "i1", 1, "b"),
    "uint8": ("U8", "u1", 1, "B"), "bool": ("BOOL", "b1", 1, "?"),
}


def words_to_bytes(words, width, order="little"):
    return b"".join(word.to_bytes(width, order) for word in words)


def bytes_to_words(data, width, order="little"):
    return [int.from_bytes(data[i:i + width], order) for i in range(0, len(data), width)]


def safetensors(tensors, metadata=None):
    """tensors: {name: (type of the file, shape, bytes)} -> the bytes of a file."""
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return with_header(json.dumps(header).encode(), data)


def with_header(header, data=b""):
    return struct.pack("<Q", len(header)) + header + data


def read_safetensors(content):
    """The bytes of a file -> {name: (type, shape, bytes)}."""
    length, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    first = 8 + length
    return {name: (e["dtype"], e["shape"],
                   content[first + e["data_offsets"][0]:first + e["data_offsets"][1]])
            for name, e in header.items()}


def npy(descr, shape, content, fortran=False, version=1):
    text = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {tuple(shape)!r}, }}"
    return npy_with_header(text, content, version)


def npy_with_header(text, content=b"", version=1):
    start = 10 if version == 1 else 12
    text += " " * (-(start + len(text) + 1) % 64) + "\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode() + content


def row_major(coordinates, shape):
    place = 0
    for c, n in zip(coordinates, shape):
        place = place * n + c
    return place


def column_major(coordinates, shape):
    return row_major(coordinates[::-1], shape[::-1])


def size(shape):
    return math.prod(shape)
