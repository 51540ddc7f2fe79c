#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compare_code.py passes what it should pass, and nothing else. Usage: test_compare_code.py COMPILER"""
import os
import subprocess
import sys
import tempfile

DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compare_code.py")
LOOP = 'extern "C" void add_{}(float* p, int n) {{ for (int i = 0; i < n; ++i) p[i] += {}; }}\n'

COMPARISON = 'extern "C" void a_{}() {{ asm volatile("cmpq {}\\n\\t{} 1f\\n1:"); }}\n'


def comparisons(jump):
    return (COMPARISON.format("library", "%rdi, %rax", jump) +
            COMPARISON.format("by_hand", "%rax, %rdi", jump))


CASES = [
    ("has two equal loops", LOOP.format("library", "2.5f") + LOOP.format("by_hand", "2.5f"), True),
    ("has another constant", LOOP.format("library", "2.5f") + LOOP.format("by_hand", "3.5f"), False),
    ("has another instruction",
     LOOP.format("library", "2.5f") + LOOP.format("by_hand", "2.5f * p[i]"), False),
    ("has no twin", LOOP.format("library", "2.5f"), False),
    ("has no library twin", LOOP.format("by_hand", "2.5f"), False),
    ("returns at once", 'extern "C" void a_nothing() {}\n', True),
    ("does something", 'extern "C" void a_nothing(int* p) { *p = 1; }\n', False),
    ("asks for equality the other way round", comparisons("jne"), True),
    ("asks for less the other way round", comparisons("jl"), False),
    ("compares nothing", 'extern "C" void a() {}\n', False),
]


def main():
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "case.cpp")
        for name, text, passes in CASES:
            with open(source, "w", encoding="utf-8") as file:
                file.write(text)
            run = subprocess.run([sys.executable, DRIVER, source, sys.argv[1]],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if (run.returncode == 0) != passes:
                wrong += 1
                print(f"a file that {name}: status {run.returncode}\n{run.stdout}{run.stderr}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
