// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

/// What the firmware asks of the machine that it runs on. `mps2.cpp` is a Cortex-M board,
/// `host.cpp` any computer.
namespace board {

/// Writes characters to whoever watches.
void write(const char* text, std::size_t size);

/// Calls `handler` once, from the timer's interrupt, after about `ticks` processor cycles. On a
/// host it is called at once.
void call_from_interrupt(void (*handler)(), unsigned ticks);

/// Returns once the handler has run.
void wait_for_interrupt();

} // namespace board

/// The firmware's own part; what it returns is the program's exit status.
int firmware_main();
