#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_snippets.py passes documents that quote examples, and names each kind of wrong block."""
import os
import subprocess
import sys
import tempfile

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cmake/check_snippets.py")

EXAMPLE = "int main() {\n  // [use]\n  const int a = 1;\n\n  if (a)\n    return 0;\n  // [/use]\n}\n"
BLOCK = "Text.\n\n```cpp\nconst int a = 1;\n\nif (a)\n  return 0;\n```\n"

RIGHT = {
    "examples/one.cpp": EXAMPLE,
    "examples/more/CMakeLists.txt": "add_test(NAME more COMMAND more)\n",
    "examples/more/two.hpp": "// [two]\nint two();\n// [/two]\n",
    "README.md": BLOCK,
    "docs/design/deep.md": "```c++\nint two();\n```\n\n```sh\nbitfault::is not C++ here\n```\n\n"
                           "```cpp ignore: a sketch\nbitfault::sketch();\n```\n\n    plain, indented\n",
}

# What replaces or adds to a file, and the place and words that must be reported.
WRONG = [
    ("README.md", BLOCK.replace("a = 1", "a = 2"), ["README.md:3:", "examples/one.cpp [use]", "line 1"]),
    ("README.md", BLOCK.replace("\n\nif", "\nif"), ["README.md:3:", "no region", "line 2"]),
    ("README.md", BLOCK.replace("```\n", ""), ["README.md:3:", "no end"]),
    ("README.md", "```cpp ignore:\nint x;\n```\n", ["README.md:1:", "a reason"]),
    ("README.md", "```cpp run\nconst int a = 1;\n```\n", ["README.md:1:", "comes nothing"]),
    ("README.md", "```\nbitfault::view(x);\n```\n", ["README.md:1:", "does not say so"]),
    ("README.md", "Text\n\n    int a;\n    bitfault::view(x);\n", ["README.md:4:", "indented"]),
    ("docs/other.md", "```hpp\nint three();\n```\n", ["docs/other.md:1:", "no region"]),
    ("examples/one.cpp", EXAMPLE.replace("  // [/use]\n", ""), ["one.cpp:2:", "no end"]),
    ("examples/one.cpp", EXAMPLE + "// [/more]\n", ["one.cpp:9:", "closes no region"]),
    ("examples/one.cpp", EXAMPLE + EXAMPLE, ["one.cpp:10:", "two regions"]),
    ("examples/one.cpp", EXAMPLE.replace("if", "// [in]\n  if"), ["one.cpp:5:", "inside of"]),
    ("examples/more/CMakeLists.txt", "add_executable(more)\n", ["docs/design/deep.md:1:", "no region"]),
]


def check(tree):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in tree.items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        run = subprocess.run([sys.executable, SCRIPT, folder], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr


def main():
    wrong = 0
    status, output = check(RIGHT)
    if status != 0 or "3 blocks" not in output or "a sketch" not in output:
        wrong += 1
        print(f"the right tree is refused, or not read:\n{output}")
    if check({"examples/one.cpp": EXAMPLE})[0] == 0:
        wrong += 1
        print("a tree without a README passes")
    for path, text, words in WRONG:
        status, output = check(RIGHT | {path: text})
        if status == 0 or not all(word in output for word in words):
            wrong += 1
            print(f"{path} with {text!r}: status {status}, and {words} expected in\n{output}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
