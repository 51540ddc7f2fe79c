# SPDX-License-Identifier: MIT
"""What `inject`, `apply` and `show` do to files and say of them."""
import os
import stat
import struct

import tensor_files as files
from calls import good, read, refused, write
from faulty_files import all_targets, changed_words, listed, network


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
