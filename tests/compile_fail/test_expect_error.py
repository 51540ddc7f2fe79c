#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""expect_error.py passes what it should pass, and nothing else. Usage: test_expect_error.py COMPILER"""
import os
import subprocess
import sys
import tempfile

DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expect_error.py")
EXPECT = "// expect: a sentence\n"
BROKEN = '#ifndef CONTROL\nstatic_assert(false, "a sentence");\n#endif\n'

CASES = [
    ("fails with the sentence", EXPECT + BROKEN, True),
    ("compiles", EXPECT, False),
    ("fails with another sentence", EXPECT + BROKEN.replace("a sentence", "a word"), False),
    ("fails for another reason", EXPECT + "#ifndef CONTROL\nint a = missing;\n#endif\n", False),
    ("fails twice", EXPECT + BROKEN + BROKEN, False),
    ("has a control that fails", EXPECT + 'static_assert(false, "a sentence");\n', False),
    ("expects nothing", BROKEN, False),
    ("has a sentence of two lines", "// expect: a\n// sentence\n\n// SPDX\n" + BROKEN, True),
    ("has its licence below the sentence", EXPECT + "// SPDX\n" + BROKEN, True),
    ("fails with the first line only", EXPECT + "// of two lines\n" + BROKEN, False),
    ("has its licence in the sentence", "// expect: a\n// sentence SPDX\n"
     + BROKEN.replace("a sentence", "a sentence SPDX"), False),
]


def main():
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "case.cpp")
        for name, text, passes in CASES:
            with open(source, "w", encoding="utf-8") as file:
                file.write(text)
            run = subprocess.run([sys.executable, DRIVER, source, sys.argv[1], "-std=c++20"],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if (run.returncode == 0) != passes:
                wrong += 1
                print(f"a file that {name}: status {run.returncode}\n{run.stdout}{run.stderr}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
