// SPDX-License-Identifier: MIT
#pragma once

// One include for both versions of Catch2: Debian 12 has version 2, newer systems have version 3.
// `Approx` is a global name in both afterwards.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#elif __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp> // puts Approx into the global namespace by itself
#else
#error "the tests of bitfault need Catch2, version 2 or 3 (Debian package: catch2)"
#endif
