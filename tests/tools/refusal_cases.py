# SPDX-License-Identifier: MIT
"""What the program refuses: damaged files, wrong options, names and lists."""
import json
import os
import random
import struct

import tensor_files as files
from calls import call, good, read, refused, write
from faulty_files import all_targets, network


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
