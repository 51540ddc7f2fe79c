# SPDX-License-Identifier: MIT
"""A campaign on the toy network, how it is run, and what it exports."""
import contextlib
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

CONFIGURATION = """
[campaign]
name = "toy"
seed = 5
threads = {threads}
[model]
kind = "toy"
microseconds = {microseconds}
[[experiment]]
name = "weights"
inputs = "all"
trials = {weights}
stop = {{half_width = 0.05}}
[[experiment]]
name = "activations"
targets = ["@activations"]
trials = {activations}
[output]
report = ""
"""


class Folder:
    """A campaign's configuration and files."""

    def __init__(self, root, name, **values):
        self.path = pathlib.Path(root) / name
        self.path.mkdir()
        self.write(**values)

    def write(self, **values):
        numbers = dict(threads=2, microseconds=0, weights=1500, activations=1300) | values
        (self.path / "toy.toml").write_text(CONFIGURATION.format(**numbers))

    def command(self, program, *arguments, start=()):
        return [*start, program, "run", str(self.path / "toy.toml"), "--store",
                str(self.path / "toy.sqlite"), "--quiet", *arguments]


def run(command, expected=0):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != expected:
        sys.exit(f"{' '.join(map(str, command))}\ngave {done.returncode}, expected {expected}\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def exported(program, store):
    """All that the database exports, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        run([program, "export", str(store), "--csv", folder])
        return {path.name: path.read_bytes() for path in sorted(pathlib.Path(folder).iterdir())}


def same(got, expected, what):
    if got.keys() != expected.keys():
        sys.exit(f"{what}: {sorted(got)} instead of {sorted(expected)}")
    for name, text in expected.items():
        if got[name] != text:
            sys.exit(f"{what}: {name} differs from that of an undisturbed run")


def undisturbed(root, program, name="undisturbed", **values):
    folder = Folder(root, name, **values)
    run(folder.command(program))
    return exported(program, folder.path / "toy.sqlite")


def trials_in(path):
    """How many trials a database has; 0 if it is not there, or not made yet."""
    if not path.exists():
        return 0
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return database.execute("SELECT count(*) FROM trial").fetchone()[0]
    except sqlite3.Error:
        return 0
