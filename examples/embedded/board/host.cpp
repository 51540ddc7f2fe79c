// SPDX-License-Identifier: MIT
#include "board.hpp"

#include <cstdio>

namespace board {

void write(const char* text, std::size_t size) { std::fwrite(text, 1, size, stdout); }

void call_from_interrupt(void (*handler)(), unsigned /*ticks*/) { handler(); }

void wait_for_interrupt() {}

} // namespace board

int main() { return firmware_main(); }
