#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks cifar10_campaign: what it answers to wrong input, that a campaign is repeatable, that the
configurations beside it run, and what it reads from .npy files.

Usage: check_program.py PROGRAM CASE SOURCE
"""
import glob
import os
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zipfile

CONFIGURATION = """
[model]
kind = "torchscript"
file = "{source}/examples/libtorch_cifar10/data/network.pt"
data = "{source}/examples/demo/data"
images = 4
batch = 2
{model}
[[experiment]]
name = "weights"
targets = ["{target}"]
trials = 20
{experiment}
[output]
store = "out.sqlite"
report = ""
"""


def run(program, folder, model="", target="@weights", options=(), experiment="", campaign=""):
    text = campaign + CONFIGURATION.format(source=sys.argv[3], model=model, target=target,
                                           experiment=experiment)
    with open(os.path.join(folder, "c.toml"), "w", encoding="utf-8") as file:
        file.write(text)
    return start(program, folder, *options, "run", "c.toml")


def start(program, folder, *arguments):
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def write_npy(path, descr, shape, content, fortran=False):
    header = str({"descr": descr, "fortran_order": fortran, "shape": shape}).encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    write(path, b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content)
    return 10 + len(header)


def refused(result, *words):
    text = result.stderr
    assert result.returncode == 1, (result.returncode, text)
    for word in words:
        assert word in text, (word, text)
    assert text.count("\n") <= 3, text


def records(folder):
    with sqlite3.connect(os.path.join(folder, "out.sqlite")) as base:
        return base.execute("select count(*) from trial").fetchone()[0]


def no_database(folder):
    assert not os.path.exists(os.path.join(folder, "out.sqlite")), "a refusal left a database"


def case_refusals(program, folder):
    refused(run(program, folder, target="conv9"), "no target is named 'conv9'",
            "the nearest name is 'conv1'")
    refused(run(program, folder, target="conv1[16,0,0]"),
            "coordinate 16 of axis 0 is outside; 'conv1' has the shape [16,32,32] for one input")
    refused(run(program, folder, experiment="bits = 32"), "32")
    refused(run(program, folder, campaign='[campaign]\nheadline = "margin_loss"\n'),
            "campaign.headline: 'margin_loss' is a number; the headline has to be a flag")
    refused(run(program, folder, campaign='[campaign]\ncriteria = ["sdc_1", "sdc_3"]\n'),
            "there is no 'sdc_3'; the nearest name is 'sdc_1'")
    refused(run(program, folder, model='layer_inputs = ["conv9"]'), "no operator is named 'conv9'",
            "the nearest name is 'conv1'")
    refused(run(program, folder, model="output = 1"), "puts out 1 tensor, counted", "there is no 1")
    refused(run(program, folder, model='sparse_coo = ["conv9.*"]'),
            "no parameter or buffer is named 'conv9.*'")
    refused(run(program, folder, model='out_of_range = "ignore"'),
            "model.out_of_range: there is no 'ignore'; it is one of 'drop', 'clamp', 'wrap'")
    refused(run(program, folder, model='engine = "steam"'), "model.engine: there is no 'steam'")
    refused(run(program, folder, model='sparse_coo = ["*.weight"]', target="conv1.weight"),
            "no target is named 'conv1.weight'", "conv1.weight.")
    refused(run(program, folder, options=("--model", "none.pt")), "none.pt: there is no such file")
    # A network like that in the repository, but that does not read the first layer's bias.
    source = os.path.join(sys.argv[3], "examples/libtorch_cifar10/data/network.pt")
    with zipfile.ZipFile(source) as old, \
            zipfile.ZipFile(os.path.join(folder, "no_bias.pt"), "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.endswith("__torch__.py"):
                assert b"torch.conv2d(x, weight, bias," in content
                content = content.replace(b"torch.conv2d(x, weight, bias,",
                                          b"torch.conv2d(x, weight, None,", 1)
            new.writestr(entry, content)
    refused(run(program, folder, target="conv1.bias", options=("--model", "no_bias.pt")),
            "no target is named 'conv1.bias'", "; 'conv1.bias' is read by no operator")
    write(os.path.join(folder, "bad.pt"), b"no network")
    refused(run(program, folder, options=("--model", "bad.pt")), "bad.pt: is no TorchScript file")
    batches = os.path.join(folder, "batches")
    batch = os.path.join(batches, "test_batch.bin")
    write(batch, bytes(3073 + 100))
    refused(run(program, folder, options=("--data", batches)), "3173 bytes", "offset 3073")
    write(batch, bytes(3073) + b"\x0a" + bytes(3072))
    refused(run(program, folder, options=("--data", batches)), "offset 3073: label 10")
    write(batch, bytes(3073))
    refused(run(program, folder, options=("--data", batches)), "4 images asked for, there are 1")
    no_database(folder)
    text = start(program, folder, "--help").stdout
    for word in ("--data", "--model", "layer_inputs", "images.npy", "test_batch.bin", "idx3",
                 "run", "resume", "merge", "export", "replay", "critical-bits", "audit"):
        assert word in text, (word, text)


def case_readers(program, folder):
    pair = os.path.join(folder, "pair")
    images, labels = os.path.join(pair, "images.npy"), os.path.join(pair, "labels.npy")
    result = lambda: run(program, folder, options=("--data", pair))
    pixels = 3 * 32 * 32
    floats = struct.pack("<f", 0.5) * (5 * pixels)
    write_npy(images, "<f4", (5, 3, 32, 32), floats)
    refused(result(), "labels.npy: cannot be opened")
    at = write_npy(labels, "<i8", (5,), struct.pack("<5q", 0, 1, 9, -1, 3))
    refused(result(), "labels.npy", f"byte {at + 24}: label 3 is negative")
    write_npy(labels, "<i8", (5,), struct.pack("<5q", 0, 1, 10, 2, 3))
    refused(result(), "image 2 has the label 10; the network puts out 10 scores")
    write_npy(labels, "<i8", (4,), bytes(32))
    refused(result(), "has <i8 of shape [4]; expected [5], one uint8, int32 or int64")
    write_npy(labels, "|u1", (5,), bytes(5))
    at = write_npy(images, "<f4", (5, 3, 32, 32), floats[:-4])
    refused(result(), "images.npy", f"byte {at}: ", "the shape and '<f4' say 15360 elements")
    write(images, b"\x93NUMBY" + bytes(100))
    refused(result(), "images.npy: byte 0: this is no .npy file")
    write_npy(images, "<f8", (5, 3, 32, 32), floats + floats)
    refused(result(), "has <f8 of shape [5,3,32,32]; expected float32")
    write_npy(images, "<f4", (5, 3, 32, 32), floats, fortran=True)
    refused(result(), "have to be little-endian and row-major")
    write_npy(images, "<f4", (5, 1, 32, 32), bytes(5 * 4096))
    refused(result(), "does not run on images of shape [1, 32, 32]: ")
    write_npy(images, "<f4", (3, 3, 32, 32), floats[:3 * 4 * pixels])
    write_npy(labels, "|u1", (3,), bytes(3))
    refused(result(), "4 images asked for, there are 3")
    nan = struct.pack("<f", float("nan"))
    write_npy(labels, "|u1", (4,), bytes(4))
    write_npy(images, "<f4", (4, 3, 32, 32), floats[:4 * 3 * pixels] + nan * pixels)
    refused(result(), "the golden output of input 3 is not finite")
    no_database(folder)

    # The same images in each of the forms give the same campaign.
    grey = bytes((7 * i) % 251 for i in range(4 * pixels))
    answers = []
    for form in ("batch", "uint8", "float32"):
        own = os.path.join(folder, form)
        if form == "batch":
            write(os.path.join(own, "test_batch.bin"),
                  b"".join(bytes([i]) + grey[i * pixels:(i + 1) * pixels] for i in range(4)))
        else:
            write_npy(os.path.join(own, "labels.npy"), "<i4", (4,), struct.pack("<4i", 0, 1, 2, 3))
        if form == "uint8":
            write_npy(os.path.join(own, "images.npy"), "|u1", (4, 3, 32, 32), grey)
        if form == "float32":
            single = lambda x: struct.unpack("<f", struct.pack("<f", x))[0]
            mean = [single(x) for x in (0.485, 0.456, 0.406)]
            deviation = [single(x) for x in (0.229, 0.224, 0.225)]
            values = []
            for i, pixel in enumerate(grey):
                plane = i // 1024 % 3
                scaled = single(single(pixel / 255) - mean[plane])
                values.append(struct.pack("<f", scaled / deviation[plane]))
            write_npy(os.path.join(own, "images.npy"), "<f4", (4, 3, 32, 32), b"".join(values))
        done = run(program, folder, options=("--data", own))
        assert done.returncode == 0, (form, done.stderr)
        answers.append(done.stdout)
        with sqlite3.connect(os.path.join(folder, "out.sqlite")) as base:
            answers[-1] = base.execute("select * from golden").fetchall(), base.execute(
                "select * from trial").fetchall()
        os.remove(os.path.join(folder, "out.sqlite"))
    assert answers[0] == answers[1] == answers[2], answers


def case_campaign(program, folder):
    first = run(program, folder)
    assert first.returncode == 0, first.stderr
    assert records(folder) == 20, records(folder)
    again = run(program, folder)  # all trials are there
    assert again.returncode == 0 and records(folder) == 20, again.stderr
    # A refusal leaves the database as it was.
    with open(os.path.join(folder, "out.sqlite"), "rb") as file:
        before = file.read()
    refused(run(program, folder, target="conv9"), "conv9")
    refused(run(program, folder, options=("--model", "none.pt")), "none.pt")
    with open(os.path.join(folder, "out.sqlite"), "rb") as file:
        assert file.read() == before


    # A sparse weight is a target like others, and its trials can be run again.
    os.remove(os.path.join(folder, "out.sqlite"))
    sparse = 'sparse_csr = ["dense.weight"]\noutput = 0\n'
    done = run(program, folder, model=sparse, target="dense.weight.*",
               campaign='[campaign]\nmonitors = ["dense"]\n')
    assert done.returncode == 0 and records(folder) == 20, done.stderr
    with sqlite3.connect(os.path.join(folder, "out.sqlite")) as base:
        kinds = dict(base.execute("select name, kind from target where name like 'dense.weight%'"))
    assert kinds == {"dense.weight.values": "weight", "dense.weight.crow_indices": "state",
                     "dense.weight.col_indices": "state"}, kinds
    again = start(program, folder, "replay", "out.sqlite", "weights", "7")
    assert again.returncode == 0, again.stderr


def case_configurations(program, folder):
    """Every configuration that is beside the program, with few images, rates and trials."""
    source = sys.argv[3]
    files = sorted(glob.glob(os.path.join(source, "examples/libtorch_cifar10/configurations/*.toml")))
    assert len(files) >= 10, files
    for file in files:
        with open(file, encoding="utf-8") as given:
            text = given.read()
        text = re.sub(r"^images = \d+", "images = 2", text, flags=re.M)
        text = re.sub(r"^batch = \d+", "batch = 2", text, flags=re.M)
        text = re.sub(r"^trials = \d+", "trials = 2", text, flags=re.M)
        text = re.sub(r"\[\s*0,[\d\s.,e-]*1,\s*\]", "[0, 0.1]", text)  # 65 rates
        text = re.sub(r'"build/[^"]*sqlite"', f'"{folder}/{os.path.basename(file)}.sqlite"', text)
        text = re.sub(r'^report = .*', 'report = ""', text, flags=re.M)
        path = os.path.join(folder, "c.toml")
        write(path, text.encode())
        done = start(program, source, "run", path)
        assert done.returncode == 0, (file, done.stderr)
        with sqlite3.connect(os.path.join(folder, os.path.basename(file) + ".sqlite")) as base:
            planned, ran = (base.execute("select " + x).fetchone()[0] for x in (
                "sum(planned_trials) from experiment", "count(*) from trial"))
            assert planned == ran > 0, (file, planned, ran)


def main():
    program, case = os.path.abspath(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        globals()["case_" + case](program, folder)


if __name__ == "__main__":
    main()
