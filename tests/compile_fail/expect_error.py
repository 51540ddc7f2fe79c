#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles a file that must not compile, and looks for the sentence that it must fail with.

The sentence begins after the first "// expect: " and goes on in the lines of comment below, up to
the licence or an empty line. It has to stand in an error line of the compiler, with at most one
failed static assertion in all: one mistake, one sentence. With -DCONTROL the same file has to
compile, so that it fails for the stated reason only.

Usage: expect_error.py SOURCE COMPILER [FLAG...]
"""
import re
import subprocess
import sys


def compile_file(source, compiler, flags):
    command = [compiler, *flags, "-fsyntax-only", "-fdiagnostics-color=never", source]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def fail(sentence, output):
    print(sentence)
    print(output)
    sys.exit(1)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    source, compiler, *flags = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        expected = re.search(r"^// expect: (.+(?:\n// (?!SPDX).+)*)$", file.read(), flags=re.M)
    if not expected:
        sys.exit(f"{source}: no line '// expect: <sentence>'")
    sentence = " ".join(expected.group(1).replace("\n//", " ").split())
    if "SPDX" in sentence:
        sys.exit(f"{source}: the sentence runs into the licence; an empty line has to part them")

    status, output = compile_file(source, compiler, flags)
    errors = [line for line in output.splitlines() if re.search(r"\berror: ", line)]
    if status == 0:
        fail(f"{source} compiles, and must not", output)
    if not any(sentence in line for line in errors):
        fail(f"{source}: no error line says '{sentence}'", output)
    asserted = [line for line in errors
                if re.search(r"static assertion failed|static_assert failed", line)]
    if len(asserted) > 1:
        fail(f"{source}: {len(asserted)} static assertions fail; one mistake takes one sentence", output)

    status, output = compile_file(source, compiler, flags + ["-DCONTROL"])
    if status != 0:
        fail(f"{source} must compile with -DCONTROL, and does not", output)
    print(f"{len(errors)} error line(s), among them: {sentence}")


if __name__ == "__main__":
    main()
