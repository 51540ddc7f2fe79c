#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_kernels.py has to notice what it looks for.

Usage: test_check_kernels.py NVCC
"""
import os
import subprocess
import sys
import tempfile

KERNELS = {
    "local memory": "__global__ void k(int* p, int i, int j) "
                    "{ int a[64]; for (int n = 0; n < 64; ++n) a[(n * i) & 63] = p[n]; *p = a[j]; }",
    "a call": "__device__ __noinline__ int f(int* p, int i) { return i > 1 ? f(p, i - 1) * p[i] : 1; }"
              "__global__ void k(int* p, int i) { *p = f(p, i); }",
    "double-precision arithmetic": "__global__ void k(double* p) { *p = *p * 3.0; }",
    None: "__global__ void k(int* p) { atomicXor(p, 5); }",
    "there is no kernel": "void nothing() {}",
}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "kernel.cu")
        for expected, text in KERNELS.items():
            with open(source, "w", encoding="utf-8") as file:
                file.write(text)
            run = subprocess.run(
                [sys.executable, os.path.join(here, "check_kernels.py"), "--nvcc", sys.argv[1],
                 "--architectures", "90", folder, source],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            right = (run.returncode == 0 if expected is None
                     else run.returncode == 1 and expected in run.stdout)
            if not right:
                print(f"expected {expected}, but: {run.stdout}{run.stderr}")
            bad += not right
    print(f"{len(KERNELS)} kernels, {bad} judged wrongly")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
