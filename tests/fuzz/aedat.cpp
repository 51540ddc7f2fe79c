// SPDX-License-Identifier: MIT

// parse_aedat: whatever it takes, the writer writes and it reads again.

#include "promise.hpp"

#include "spiking/events/aedat.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_result_or_place("byte", [&] {
    const auto read = spiking::parse_aedat({data, size}, "fuzz");
    fuzz::expect_recording(read);
    fuzz::expect(read.events.size() <= size / 8, "an event takes 8 bytes");
    fuzz::expect(spiking::parse_aedat(spiking::aedat_bytes(read), "fuzz") == read,
                 "what was read is written and read again");
  });
  return 0;
}
