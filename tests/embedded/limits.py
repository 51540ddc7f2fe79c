# SPDX-License-Identifier: MIT
"""What the library may cost on a microcontroller. First the promise, then what was measured when it
was last looked at, with a little room: a change that costs more has to be noticed, and either be
undone or be written down here and in docs/embedded.md."""

# Bytes of .text on a Cortex-M4 at -Os.
INJECTOR_PROMISE = 1000  # bit_flip, exactly, any bit: apply and restore
INJECTOR = 700
GIVEN_PROMISE = 64  # stuck_at_1 at a coordinate, beyond what one writes by hand
GIVEN = 8

# Instructions, counted by QEMU.
FAULT_PROMISE = 250  # for one fault of `exactly` more
FAULT = 138
FIRST_FAULT = 700  # the first one of a key: round keys are drawn

# Bytes of RAM that the library's state may take beside the stack, in the firmware of the example.
STATE_PROMISE = 256
