// SPDX-License-Identifier: MIT
// Nothing: the precompiled catch.hpp needs a file that it is made for.
