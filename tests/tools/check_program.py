#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls the program `bitfault` on files of tensors: what it changes, what it says, what it refuses.

Usage: check_program.py PROGRAM CASE      (without CASE: all of them)
"""
import csv
import json
import os
import random
import re
import stat
import struct
import subprocess
import sys
import tempfile

import tensor_files as files

ADDRESS = re.compile(r"bf1:(.*)\[([\d,]*)\]\^(\d+)  (\S+) -> (\S+)$")


def call(*arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, check=False)


def good(*arguments):
    run = call(*arguments)
    assert run.returncode == 0 and run.stderr == "", run
    return run.stdout


def refused(*arguments, words, status=1):
    """One plain sentence, and nothing new in the folder."""
    before = contents(".")
    run = call(*arguments)
    assert run.returncode == status and run.stdout == "" and words in run.stderr, (words, run)
    assert contents(".") == before, run


def contents(folder):
    return {name: read(os.path.join(folder, name)) for name in os.listdir(folder)
            if os.path.isfile(os.path.join(folder, name))}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)
    return path


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


def flips():
    """As many bits as asked for are flipped, those of the list, in every type, and no other."""
    old, words = network()
    write("in.safetensors", old)
    total = 0
    for seed in range(20):
        out = good("inject", "in.safetensors", "-o", "out.safetensors", "--amount", "exactly=7",
                   "--seed", seed, "--list", "faults.csv", *all_targets())
        assert read("in.safetensors") == old
        faults = listed("faults.csv")
        assert len(faults) == 7 == len(out.splitlines()), out
        assert len({(t, e, m) for t, e, m, _, _ in faults}) == 7
        expected = {}
        for tensor, element, mask, before, after in faults:
            assert bin(mask).count("1") == 1 and after == before ^ mask
            first = expected.get((tensor, element), (words[tensor][element], None))[0]
            expected[tensor, element] = (first, after)
        assert changed_words(old, read("out.safetensors")) == expected
        total += len({t for t, *_ in faults})
        # The list, and its lines as addresses, do the same again.
        good("apply", "faults.csv", "in.safetensors", "-o", "again.safetensors")
        assert read("again.safetensors") == read("out.safetensors")
        write("again.safetensors", old)
        for line in out.splitlines():
            good("apply", line.split("  ")[0], "again.safetensors", "--in-place")
        assert read("again.safetensors") == read("out.safetensors")
    assert total > 60, total  # several tensors are hit


def kinds():
    """Each fault model and each choice of bits does what it says."""
    old, _ = network()
    write("in.safetensors", old)

    def words_of(*options, tensor="float32.w"):
        good("inject", "in.safetensors", "-o", "out.safetensors", "--tensor", tensor, "--list",
             "faults.csv", *options)
        good("apply", "faults.csv", "in.safetensors", "-o", "again.safetensors")
        assert read("again.safetensors") == read("out.safetensors"), options
        return listed("faults.csv")

    def value(word):
        return struct.unpack("<f", word.to_bytes(4, "little"))[0]

    every = ("--amount", "per_element=1")
    for options, holds in (
            (("--fault", "stuck_at_0"), lambda m, b, a: a == b & ~m),
            (("--fault", "stuck_at_1"), lambda m, b, a: a == b | m),
            (("--fault", "zero"), lambda m, b, a: a == 0),
            (("--fault", "constant=-1.5"), lambda m, b, a: value(a) == -1.5),
            (("--fault", "constant=inf"), lambda m, b, a: a == 0x7F800000),
            (("--fault", "scale=-1"), lambda m, b, a: value(b) != value(b) or
             value(a) == -value(b)),
            (("--fault", "random_value=2,3"), lambda m, b, a: 2 <= value(a) < 3),
            (("--fault", "uniform_noise=0,0.5"),
             lambda m, b, a: abs(value(b)) > 1e6 or value(b) != value(b) or
             -1e-6 <= value(a) - value(b) <= 0.5 + 1e-6),
            (("--bits", "sign"), lambda m, b, a: a == b ^ 0x80000000),
            (("--bits", "exponent"), lambda m, b, a: m & 0x7F800000 == m),
            (("--bits", "mantissa"), lambda m, b, a: m & 0x007FFFFF == m),
            (("--bits", "30,29"), lambda m, b, a: m in (1 << 30, 1 << 29)),
            (("--bits", "12"), lambda m, b, a: m == 1 << 12),
            (("--bits", "adjacent=3"), lambda m, b, a: m in [7 << i for i in range(30)]),
            (("--bits", "all"), lambda m, b, a: a == b ^ 0xFFFFFFFF)):
        faults = words_of(*every, *options)
        assert len({e for _, e, *_ in faults}) == 24, options
        for _, _, mask, before, after in faults:
            assert holds(mask, before, after), (options, hex(before), hex(after))
    assert len(words_of("--amount", "fraction=0.25")) == 24 * 32 // 4
    assert len(words_of("--amount", "per_bit=1")) == 24 * 32
    assert words_of("--amount", "per_bit=0") == []
    assert read("out.safetensors") == old
    # single: no bit twice before all have come
    seen = {words_of("--trial", t, "--bits", "sign")[0][1] for t in range(24)}
    assert seen == set(range(24))
    refused("inject", "in.safetensors", "-o", "new", "--tensor", "float32.w", "--bits", "sign",
            "--trial", 24, words="there are 24 fault sites")
    # The same key, the same faults; another seed or trial, others.
    one, same = words_of("--amount", "exactly=9"), words_of("--amount", "exactly=9")
    other = words_of("--amount", "exactly=9", "--trial", 1)
    third = words_of("--amount", "exactly=9", "--seed", 2)
    assert one == same and len({tuple(x) for x in (one, other, third)}) == 3


def show():
    """A fault is shown with the value before and after, in all its forms."""
    content = struct.pack("<6f", 1, -2, 0.5, 3, 0.1, 6)
    write("a.safetensors", files.safetensors({"fc.w": ("F32", [2, 3], content)}))
    text = good("show", "bf1:fc.w[1,1]^30", "a.safetensors")
    first = len(read("a.safetensors")) - len(content)
    for words in ("fc.w", "float32 (F32)", "2, 3", "1, 1", f"element      4, at byte {first + 16}",
                  "0.1  0x3dcccccd  0 01111011 10011001100110011001101",
                  "3.4028237e+37  0x7dcccccd  0 11111011 10011001100110011001101"):
        assert words in text, (words, text)
    assert "nan  0x7fc00000" in good("show", "bf1:fc.w[0,0]:=0x7fc00000", "a.safetensors")
    assert "inf  0x7f800000" in good("show", "bf1:fc.w[0,0]^30", "a.safetensors")
    assert "changes nothing" in good("show", "bf1:fc.w[0,0]=0@31", "a.safetensors")
    write("b.bin", struct.pack("<4h", 1, -2, 300, -32768))
    text = good("show", "bf1:[3]^15", "b.bin", "--dtype", "int16", "--shape", "4")
    assert "-32768  0x8000  1 000000000000000" in text and "0  0x0000  0 0000" in text, text
    text = good("show", "bf1:[1]^0", "b.bin", "--dtype", "uint8")
    assert "extents      8" in text and "1  0x01  00000001" in text, text
    write("c.bin", struct.pack("<2e", 1, 2))
    assert "1  0x3c00  0 01111 0000000000" in good("show", "bf1:[0]^14", "c.bin", "--dtype",
                                                  "float16")
    text = good("show", "bf1:[0]^63", write("d.bin", struct.pack("<d", 0.1)), "--dtype", "float64")
    assert "-0.1  0xbfb999999999999a" in text, text
    assert read("b.bin") == struct.pack("<4h", 1, -2, 300, -32768)


def layouts():
    """.npy files of all versions and orders: an address means the same element in each."""
    shape = (2, 3, 4)
    places = [(i, j, k) for i in range(2) for j in range(3) for k in range(4)]
    for name, (_, kind, width, _) in files.TYPES.items():
        if kind is None:
            continue
        words = {p: n % 2 if name == "bool" else n * 5 for n, p in enumerate(places)}
        for fortran in (False, True):
            where = files.column_major if fortran else files.row_major
            ordered = [words[p] for p in sorted(places, key=lambda p: where(p, shape))]
            for order, mark in (("little", "<"), ("big", ">")):
                descr = (mark if width > 1 else "|") + kind
                content = files.words_to_bytes(ordered, width, order)
                old = files.npy(descr, shape, content, fortran, version=1 + (width % 3))
                write("a.npy", old)
                out = good("apply", "bf1:[1,2,0]^0", "a.npy", "-o", "b.npy")
                assert out.startswith("bf1:[1,2,0]^0  "), out
                at = len(old) - len(content) + where((1, 2, 0), shape) * width
                at += 0 if order == "little" else width - 1
                assert read("b.npy") == old[:at] + bytes([old[at] ^ 1]) + old[at + 1:]
                good("inject", "a.npy", "-o", "b.npy", "--amount", "exactly=5", "--list", "f.csv")
                sites = [(e, m) for _, e, m, _, _ in listed("f.csv")]
                # Neither order of bytes nor of axes changes what is drawn.
                if (fortran, order) == (False, "little"):
                    first = sites
                assert sites == first
    write("a.npy", files.npy("<f4", (), struct.pack("<f", 1)))
    assert "1 -> -1" in good("apply", "bf1:[]^31", "a.npy", "-o", "b.npy")
    write("a.npy", files.npy("<f4", (0, 3), b""))
    refused("apply", "bf1:[0,0]^31", "a.npy", "-o", "c.npy", words="coordinate 0 on axis 0")
    refused("inject", "a.npy", "-o", "c.npy", words="no fault sites")


def raw():
    """Raw bytes with a type and a shape."""
    content = struct.pack("<6d", *range(6))
    write("a.bin", content)
    for options in (["--shape", "2,3"], []):
        address = "bf1:[1,0]^63" if options else "bf1:[3]^63"
        good("apply", address, "a.bin", "-o", "b.bin", "--dtype", "float64", *options)
        assert read("b.bin") == struct.pack("<6d", 0, 1, 2, -3, 4, 5)
    write("weights", content)
    good("apply", "bf1:any.name[3]^63", "weights", "-o", "b.bin", "--dtype", "float64")
    for options, words in ((["--dtype", "float64", "--shape", "2,4"], "8 elements of 8 bytes"),
                           (["--dtype", "float46"], "the nearest name is 'float16'"),
                           (["--shape", "6"], "raw bytes need --dtype"),
                           ([], "raw bytes need --dtype")):
        refused("inject", "a.bin", "-o", "c.bin", *options, words=words)
    write("odd.bin", content[:-1])
    refused("inject", "odd.bin", "-o", "c.bin", "--dtype", "float64", words="no whole number of")
    refused("inject", "weights", "-o", "c.bin", words="with --dtype any file is taken as raw")
    refused("inject", "a.bin", "-o", "c.bin", "--dtype", "int8", "--shape",
            "4294967296,4294967296,3", words="are not what --shape says")


def places():
    """Input and output: nothing is overwritten that should not be, links and rights stay."""
    old, _ = network()
    write("in.safetensors", old)
    one = ("inject", "in.safetensors", "--tensor", "int8.w")
    refused(*one, words="-o FILE, or --in-place")
    refused(*one, "--in-place", "-o", "x", words="-o FILE, or --in-place")
    refused(*one, "-o", "in.safetensors", words="only --in-place overwrites")
    refused(*one, "-o", "./in.safetensors", words="only --in-place overwrites")
    os.symlink("in.safetensors", "link.safetensors")
    refused(*one, "-o", "link.safetensors", words="only --in-place overwrites")
    os.link("in.safetensors", "hard.safetensors")
    refused(*one, "-o", "hard.safetensors", words="only --in-place overwrites")
    os.unlink("hard.safetensors")
    refused(*one, "-o", "x", "--list", "x", words="cannot take the place")
    refused(*one, "-o", "x", "--list", "in.safetensors", words="cannot take the place")
    refused(*one, "-o", "no/such/x", words="no/such/x: the copy cannot be made")
    refused(*one, "-o", "x", "--list", "no/such/x", words="no/such/x: no file can be made")
    os.mkdir("folder")
    refused(*one, "-o", "folder", words="no regular file")
    refused("inject", "folder", "-o", "x", words="this is a folder")
    refused("inject", "nothing.npy", "-o", "x", words="cannot be opened")
    assert sorted(os.listdir(".")) == ["folder", "in.safetensors", "link.safetensors"]

    os.chmod("in.safetensors", 0o440)
    good(*one, "-o", "out.safetensors")
    assert stat.S_IMODE(os.stat("out.safetensors").st_mode) == 0o440
    os.chmod("in.safetensors", 0o640)
    good("inject", "link.safetensors", "--tensor", "int8.w", "--in-place")
    assert os.path.islink("link.safetensors")
    assert read("in.safetensors") == read("out.safetensors") != old
    assert stat.S_IMODE(os.stat("in.safetensors").st_mode) == 0o640
    assert sorted(os.listdir(".")) == ["folder", "in.safetensors", "link.safetensors",
                                       "out.safetensors"]


def damaged():
    """A damaged file is refused with its name, the byte and the reason; nothing is written."""
    def entry(dtype="F32", shape=(2,), offsets=(0, 8), **more):
        return {"dtype": dtype, "shape": shape, "data_offsets": offsets, **more}

    def header(**tensors):
        return files.with_header(json.dumps(tensors).encode(), bytes(8))

    whole = header(a=entry())
    length = len(whole) - 16
    for content, words in (
            (b"", "byte 0: the file ends before the 8 bytes"),
            (whole[:7], "byte 0: the file ends"),
            (whole[:20], f"byte 0: a header of {length} bytes; the file has 12"),
            (b"\xff" * 8 + whole[8:], "byte 0: a header of 18446744073709551615 bytes"),
            (whole[:-1], "do not lie in the 7 bytes after the header"),
            (whole + b"x", "1 bytes that belong to no tensor"),
            (files.with_header(b""), "byte 8: the header does not begin with '{'"),
            (files.with_header(b"[1]"), "byte 8: the header does not begin with '{'"),
            (files.with_header(b'{"a": }'), "byte 14: the header is no JSON"),
            (files.with_header(b'{"a"'), "byte 12: the header is no JSON"),
            (files.with_header(b'{"a\xff": 1}'), "the header is no JSON"),
            (files.with_header(b'{"a": 1}'), "tensor 'a' has no 'dtype'"),
            (header(a={"dtype": "F32", "shape": [2]}), "no 'data_offsets'"),
            (header(a=entry(shape=[-2])), "no 'shape' that is a list of numbers"),
            (header(a=entry(shape="2")), "no 'shape' that is a list of numbers"),
            (header(a=entry(offsets=(0, 9))), "do not lie in the 8 bytes"),
            (header(a=entry(offsets=(8, 0))), "do not lie in the 8 bytes"),
            (header(a=entry(offsets=(0, 4, 8))), "do not lie in the 8 bytes"),
            (header(a=entry(shape=(3,))), "has 8 bytes, which is not what its shape and F32 make"),
            (header(a=entry(dtype="F64")), "which is not what its shape and F64 make"),
            (header(a=entry(shape=(2 ** 63, 2 ** 63))), "which is not what its shape"),
            (header(a=entry(shape=(2 ** 62 + 2,))), "which is not what its shape"),
            (header(a=entry(), b=entry(shape=(1,), offsets=(4, 8))),
             "tensors 'a' and 'b' overlap"),
            (header(a=entry(shape=(1,), offsets=(4, 8))), "4 bytes that belong to no tensor"),
            (files.with_header(b'{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},'
                               b'"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}', bytes(8)),
             "the header names 'a' twice")):
        write("bad.safetensors", content)
        for command in (("inject", "bad.safetensors", "-o", "out", "--list", "list"),
                        ("apply", "bf1:a[0]^0", "bad.safetensors", "-o", "out"),
                        ("show", "bf1:a[0]^0", "bad.safetensors")):
            refused(*command, words=words)
            refused(*command, words="bitfault: bad.safetensors: byte ")

    whole = files.npy("<f4", (2,), bytes(8))
    text = files.npy_with_header
    for content, words in (
            (whole[:9], "byte 0: the file ends before the 10 bytes"),
            (b"\x93NUMPX" + whole[6:], "byte 0: this is no .npy file"),
            (whole[:6] + b"\x04" + whole[7:], "byte 6: version 4"),
            (whole[:8] + b"\xff\xff" + whole[10:], "byte 8: a header of 65535 bytes"),
            (whole[:-1], "byte 128: 7 bytes from here on"),
            (whole + b"x", "byte 128: 9 bytes from here on"),
            (files.npy("<f4", (2 ** 62,), bytes(8)), "8 bytes from here on"),
            (files.npy("<f4", (2 ** 70,), bytes(8)), "expected a number below 2^64"),
            (files.npy("<c8", (1,), bytes(8)), "elements of type '<c8'"),
            (files.npy("|O", (1,), bytes(8)), "elements of type '|O'"),
            (text("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"),
             "byte 20: the elements are structures"),
            (text("{'descr': '<f4', 'fortran_order': False, }"), "no shape"),
            (text("{'descr': '<f4', 'descr': '<f4'}"), "a key that stands twice"),
            (text("{'descr': '<f4', 'order': 1}"), "a key 'order'"),
            (text("{'descr': '<f4"), "a text that does not end"),
            (text("{'descr': '<f4', 'fortran_order': 1"), "expected True or False"),
            (text("{'shape': (1 2)}"), "expected ',' or ')'"),
            (text("{} 1"), "after the closing"),
            (text("descr"), "expected '{'")):
        write("bad.npy", content)
        refused("inject", "bad.npy", "-o", "out", words=words)
        refused("inject", "bad.npy", "-o", "out", words="bitfault: bad.npy: byte ")


def random_damage():
    """Files with random bytes changed are read or refused; the program never dies of them."""
    chance = random.Random(11)
    old, _ = network()
    cases = (("x.safetensors", old, 8 + struct.unpack("<Q", old[:8])[0]),
             ("x.npy", files.npy("<f4", (2, 3), bytes(24)), 128))
    for name, content, header in cases:
        for _ in range(60):
            bad = bytearray(content)
            for _ in range(chance.randrange(1, 4)):
                bad[chance.randrange(header)] = chance.choice(b'0123456789[]{},:"\x00\xff')
            if chance.random() < 0.3:
                del bad[chance.randrange(len(bad)):]
            write(name, bytes(bad))
            run = call("inject", name, "-o", "out", "--amount", "exactly=1")
            assert run.returncode in (0, 1) and (run.returncode == 0 or
                                                 run.stderr.startswith("bitfault: ")), run
            assert os.path.getsize("out") == len(bad) if run.returncode == 0 else \
                not os.path.exists("out")
            if run.returncode == 0:
                os.unlink("out")
    assert sorted(os.listdir(".")) == ["x.npy", "x.safetensors"]


def refusals():
    """Wrong options, names and lists: what is wrong, and what would have been right."""
    old, _ = network()
    write("in.safetensors", old)
    one = ("inject", "in.safetensors", "-o", "out", "--tensor", "float32.w")
    for options, words in (
            (["--fault", "bitflip"], "fault: there is no 'bitflip'; the nearest name is 'bit_flip'"),
            (["--fault", "scale"], "scale takes 1 numbers, 0 given"),
            (["--fault", "scale=a"], "found the text \"a\""),
            (["--fault", "scale=nan"], "have to be finite"),
            (["--bits", "32"], "bit 32 is outside a word of 32 bits"),
            (["--bits", "3,3"], "bit 3 is given twice"),
            (["--bits", "adjacent=33"], "33 bits does not fit into a word of 32"),
            (["--bits", "signs"], "the nearest name is 'sign'"),
            (["--fault", "zero", "--bits", "3"], "sets the whole word"),
            (["--amount", "exactly=769"], "769 faults asked for, but the space has only 768 sites"),
            (["--amount", "per_bit=1.5"], "expected a number from 0 to 1, found the number 1.5"),
            (["--amount", "per_bit=0.1", "--bits", "adjacent=2"], "per_bit takes single-bit masks"),
            (["--amount", "per_bit=0.1,0.2"], "one number here"),
            (["--amount", "two"], "expected \"single\""),
            (["--dtype", "int8"], "says itself what is in it"),
            (["--tensor", "flaot16.w"], "no tensor fits 'flaot16.w'; the nearest name is "
                                        "'float16.w'"),
            (["--tensor", "oth*"], "tensor 'other' has elements of type F8_E4M3")):
        refused(*one, *options, words=words)
    refused("inject", "in.safetensors", "-o", "out", "--tensor", "int8.w", "--bits", "exponent",
            words="int8 have none of the bits")
    for options, words in ((["--seed", "-1"], "no whole number"), (["--trial", "x"], "--trial"),
                           (["--seed", "18446744073709551616"], "no whole number"),
                           (["--tensors", "x"], "--tensors"), ([], "")):
        if options:
            refused(*one, *options, words=words, status=2)
    refused(words="subcommand", status=2)
    refused("injcet", words="", status=2)

    for address, words in (("bf1:float32.x[0,0,0]^1", "the nearest name is 'float32.w'"),
                           ("bf1:float32.w[0,0]^1", "2 coordinates"),
                           ("bf1:float32.w[3,0,0]^1", "coordinate 3 on axis 0"),
                           ("bf1:float32.w[0,0,0]^32", "bit 32 is outside"),
                           ("bf1:float32.w[0,0,0]", "expected '^'"),
                           ("bf1:other[0]^1", "F8_E4M3")):
        refused("apply", address, "in.safetensors", "-o", "out", words=words)
        refused("show", address, "in.safetensors", words=words)
    good(*one[:2], "-o", "list.out", "--amount", "exactly=40", "--list", "list.csv",
         *all_targets())
    text = read("list.csv").decode()
    lists = text.count("# bitfault fault list")
    assert lists > 3
    line = text.rindex("# word bits")
    number = text[:line].count("\n") + 1
    turned = {name: (dtype, shape[::-1], content)
              for name, (dtype, shape, content) in files.read_safetensors(old).items()}
    write("turned.safetensors", files.safetensors(turned))
    refused("apply", "list.csv", "turned.safetensors", "-o", "out",
            words="list.csv: the list is for bfloat16 [3, 4, 4]; tensor 'bfloat16.w' of "
                  "turned.safetensors is bfloat16 [4, 4, 3]")
    for bad, words in ((text[:line] + "# word bits: x" + text[line + 14:], f"line {number}: "),
                       (text.replace("# tensor: int", "# tensor: imt"), "the nearest name is 'int"),
                       (text + text, "two lists for tensor"),
                       ("element\n", "")):
        write("bad.csv", bad.encode())
        refused("apply", "bad.csv", "in.safetensors", "-o", "out", words=words)
    refused("apply", "nothing.csv", "in.safetensors", "-o", "out", words="cannot be opened")
    write("space.safetensors", files.safetensors({"a b": ("I8", [2], b"12")}))
    refused("inject", "space.safetensors", "-o", "out", words="white space")
    for command in ("inject", "apply", "show"):
        assert "--dtype" in good(command, "--help")


CASES = (flips, kinds, show, layouts, raw, places, damaged, random_damage, refusals)

program = os.path.abspath(sys.argv[1])
chosen = [case for case in CASES if case.__name__ in (sys.argv[2:] or [c.__name__ for c in CASES])]
if not chosen:
    sys.exit(f"there is no case {sys.argv[2]}")
for case in chosen:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        case()
        os.chdir("/")
    print(f"{case.__name__}: {case.__doc__}")
