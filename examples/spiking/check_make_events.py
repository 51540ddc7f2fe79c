#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs make_events, and reads what it wrote with readers of its own: the same events in both formats,
the labels of the images, and what show_gestures says of them."""
import collections
import gzip
import pathlib
import struct
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).resolve().parent.parent / "demo" / "data"


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def nmnist_events(file):
    raw = file.read_bytes()
    assert len(raw) % 5 == 0
    return [(int.from_bytes(raw[i + 2:i + 5], "big") & 0x7FFFFF, raw[i], raw[i + 1], raw[i + 2] >> 7)
            for i in range(0, len(raw), 5)]


def aedat_events(file):
    header, rest = file.read_bytes().split(b"#!END-HEADER\r\n", 1)
    assert header.startswith(b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: ")
    events = []
    while rest:
        kind, _, size, at, overflow, capacity, number, valid = struct.unpack_from("<hhiiiiii", rest)
        assert (kind, size, at, capacity, valid) == (1, 8, 4, number, number)
        for data, time in struct.iter_unpack("<Ii", rest[28:28 + 8 * number]):
            assert data & 1
            events.append((overflow << 31 | time, data >> 17, data >> 2 & 0x7FFF, data >> 1 & 1))
        rest = rest[28 + 8 * number:]
    return events


def main():
    program, show_gestures = sys.argv[1:]
    with gzip.open(DATA / "t10k-labels-idx1-ubyte.gz") as file:
        labels = file.read()[8:]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for form in ("nmnist", "aedat"):
            made = run(program, str(folder / form), "--format", form, "--first", "7", "--count", "3")
            assert made.returncode == 0, made.stderr
        rows = (folder / "nmnist" / "labels.txt").read_text().splitlines()
        assert rows == ["#sample #class"] + [f"{i:05}\t{labels[i]}" for i in (7, 8, 9)], rows
        for i in (7, 8, 9):
            events = nmnist_events(folder / "nmnist" / f"{i:05}.bs2")
            assert len(events) > 1000
            assert [e[0] for e in events] == sorted(e[0] for e in events)
            assert max(max(e[1:3]) for e in events) < 34
            assert events == aedat_events(folder / "aedat" / f"{i:05}.aedat")
            assert (folder / "aedat" / f"{i:05}_labels.csv").read_text() == (
                "class,startTime_usec,endTime_usec\n"
                f"{labels[i] + 1},{events[0][0]},{events[-1][0] + 1}\n")
            shown = run(show_gestures, str(folder / "aedat" / f"{i:05}.aedat"))
            begin, end = events[0][0], events[-1][0] + 1
            cells = collections.Counter(((t - begin) // 25000, x // 4, y // 4) for t, x, y, _ in events)
            assert shown.stdout == (
                f"class {labels[i] + 1}: {len(events)} events in {end - begin} us, "
                f"{-((begin - end) // 25000)} steps of 1 x 32 x 32, "
                f"at most {max(cells.values())} in a cell\n"), shown.stdout
        made = run(program, str(folder / "g"), "--gestures", "--first", "3", "--count", "1")
        assert made.returncode == 0, made.stderr
        assert sorted(f.name for f in (folder / "g").iterdir()) == [
            "user03_simulated.aedat", "user03_simulated_labels.csv"]
        shown = run(show_gestures, str(folder / "g" / "user03_simulated.aedat"))
        assert [line.split(":")[0] for line in shown.stdout.splitlines()] == [
            f"class {c}" for c in range(1, 12)], shown.stdout + shown.stderr
        lost = run(show_gestures, str(folder / "nothing.aedat"))
        assert lost.returncode == 1 and lost.stderr == (
            f"show_gestures: {folder / 'nothing.aedat'}: cannot be opened\n"), lost.stderr
        refused = run(program, str(folder), "--first", "9999", "--count", "2")
        assert refused.returncode == 1
        assert refused.stderr == ("make_events: 2 images from 9999 on asked for, "
                                  "there are 10000\n"), refused.stderr
        assert run(program, str(folder), "--format", "hdf5").returncode == 2


if __name__ == "__main__":
    main()
