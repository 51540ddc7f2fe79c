#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bytes that faults cost on a Cortex-M4 at -Os: those of docs/embedded.md, against limits.py.

Usage: check_sizes.py INCLUDE_FOLDER POLICIES [COMPILER]
"""
import os
import re
import subprocess
import sys
import tempfile

import limits

FLAGS = ["-std=c++20", "-Os", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard",
         "-mfpu=fpv4-sp-d16", "-ffreestanding", "-fno-exceptions", "-fno-rtti",
         "-fno-threadsafe-statics", "-ffunction-sections", "-fdata-sections", "-Wno-psabi", "-c"]

HEAD = """
#include <bitfault/embedded.hpp>
#include <cstdint>
using namespace bitfault;
constexpr extents<4> e{16, 8, 3, 3};
"""
APPLY = """
constexpr auto bound = make_injector(%s).bind<%s>(e);
extern "C" bool inject(%s* data, const fault_key& key) {
  return bound.apply(serial{}, view(data, e), key).ok();
}
"""
RESTORE = """
extern "C" bool restore(%s* data, const fault_key& key) {
  return bound.restore(serial{}, view(data, e), key, {}).ok();
}
"""
GIVEN = """
extern "C" void inject(std::int8_t* data) {
  static constexpr auto bound =
      make_injector(stuck_at_1{}, at{coordinates{3, 0, 1, 1}}, bits::given{6}).bind<std::int8_t>(e);
  static_cast<void>(bound.apply(serial{}, view(data, e), fault_key{}));
}
"""
BY_HAND = """
extern "C" void inject(std::int8_t* data) {
  data[((3 * 8 + 0) * 3 + 1) * 3 + 1] |= std::int8_t{64};
}
"""


class Compiler:
    def __init__(self, compiler, include):
        self.compiler, self.include = compiler, include

    def sections(self, source):
        """Bytes of instructions and of constants."""
        with tempfile.TemporaryDirectory() as folder:
            target = os.path.join(folder, "object.o")
            run = subprocess.run([self.compiler, *FLAGS, "-I", self.include, "-x", "c++", "-", "-o", target],
                                 input=HEAD + source, capture_output=True, text=True, check=False)
            if run.returncode != 0:
                sys.exit(f"this does not compile:\n{source}\n{run.stderr[:4000]}")
            listing = subprocess.run([re.sub(r"g\+\+$", "size", self.compiler), "-A", target],
                                     capture_output=True, text=True, check=True).stdout
        text = constants = 0
        for name, size in re.findall(r"^(\.\S+)\s+(\d+)", listing, re.M):
            if re.match(r"\.text(\.|$)", name):
                text += int(size)
            elif re.match(r"\.rodata(\.|$)", name):
                constants += int(size)
            elif re.match(r"\.(data|bss)(\.|$)", name) and int(size) != 0:
                sys.exit(f"{size} bytes of RAM in {name}; a plan has to lie in flash:\n{source}")
        return text, constants


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    compiler = Compiler(sys.argv[3] if len(sys.argv) == 4 else "arm-none-eabi-g++", sys.argv[1])
    wrong = 0

    def expect(what, size, limit, promise):
        nonlocal wrong
        print(f"{what}: {size} bytes (limit {limit}, promised {promise})")
        if size > limit:
            wrong += 1
            print(f"  that is {size - limit} more than the limit in limits.py")

    flips = APPLY % ("bit_flip{}, exactly{3}", "float", "float") + RESTORE % "float"
    expect("bit_flip, exactly, any bit; apply and restore", compiler.sections(flips)[0],
           limits.INJECTOR, limits.INJECTOR_PROMISE)
    more = compiler.sections(GIVEN)[0] - compiler.sections(BY_HAND)[0]
    expect("stuck_at_1 at a coordinate, beyond the one by hand", more, limits.GIVEN, limits.GIVEN_PROMISE)

    print("\ncomposition, apply only: bytes of instructions, of constants")
    with open(sys.argv[2], encoding="utf-8") as file:
        policies = re.findall(r"^POLICY\((\w+), ([\w:]+), \d+, (.*)\)$", file.read(), re.M)
    if not policies:
        sys.exit(f"{sys.argv[2]} has no policies")
    for name, kind, composition in policies:
        text, constants = compiler.sections(APPLY % (composition, kind, kind))
        print(f"{name} {text} {constants}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
