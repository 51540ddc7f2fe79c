#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_single_header.py writes a header that compiles. Usage: test_make_single_header.py COMPILER"""
import os
import subprocess
import sys
import tempfile

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cmake/make_single_header.py")
SPDX = "// SPDX-License-Identifier: MIT\n#pragma once\n"

TREE = {
    "a.hpp": SPDX + '#include <cstdint>\ninline int a() { return 1; }\n',
    "b.hpp": SPDX + '#include "a.hpp"\n#include <cstdint>\ninline int b() { return a() + 1; }\n',
    # Met under a condition that does not hold first, and needed later.
    "c.hpp": SPDX + '#include "bitfault/b.hpp"\ninline int c() { return b() + 1; }\n',
    "d.hpp": SPDX + '#if __has_include(<no_such_library.h>)\n#include <no_such_library.h>\n'
                    '#include "bitfault/c.hpp"\n#endif\n',
    "e.hpp": SPDX + '#include "bitfault/c.hpp"\ninline int e() { return c() + 1; }\n',
    # Met twice under conditions that hold.
    "f.hpp": SPDX + '#include <bitfault/a.hpp>\ninline int f() { return a() + 4; }\n',
    "bitfault.hpp": SPDX + '#include "bitfault/d.hpp"\n#include "bitfault/e.hpp"\n'
                           '#if 1\n#include "bitfault/f.hpp"\n#endif\n#if 1\n#include "bitfault/f.hpp"\n'
                           '#endif\n',
}
MAIN = '#include "single.hpp"\n#include "single.hpp"\nint main() { return e() == 4 && f() == 5 ? 0 : 1; }\n'


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode


def main():
    with tempfile.TemporaryDirectory() as folder:
        for path, text in TREE.items():
            write(os.path.join(folder, "include/bitfault", path), text)
        write(os.path.join(folder, "main.cpp"), MAIN)
        single, program = os.path.join(folder, "single.hpp"), os.path.join(folder, "program")
        if run(sys.executable, SCRIPT, os.path.join(folder, "include"), "bitfault/bitfault.hpp", single):
            sys.exit("the script fails")
        with open(single, encoding="utf-8") as file:
            text = file.read()
        for words, times in (("#pragma once", 1), ("#include <cstdint>", 1), ("SPDX", 1), ("int e()", 1),
                             ("#include \"", 0), ("#include <bitfault/", 0)):
            if text.count(words) != times:
                sys.exit(f"{words!r} stands {text.count(words)} times, not {times}, in\n{text}")
        if run(sys.argv[1], "-std=c++20", "-Wall", "-Werror", os.path.join(folder, "main.cpp"), "-o", program):
            sys.exit(f"does not compile:\n{text}")
        if run(program):
            sys.exit(f"gives another result:\n{text}")

        write(os.path.join(folder, "include/bitfault/a.hpp"), "inline int a() { return 1; }\n")
        if run(sys.executable, SCRIPT, os.path.join(folder, "include"), "bitfault/bitfault.hpp", single) == 0:
            sys.exit("a header without #pragma once passes")


if __name__ == "__main__":
    main()
