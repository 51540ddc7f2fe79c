// SPDX-License-Identifier: MIT
// The main function of Catch2 version 2, which is header-only and slow to compile: built once.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
