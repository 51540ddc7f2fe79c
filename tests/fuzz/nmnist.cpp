// SPDX-License-Identifier: MIT

// parse_nmnist: whatever it takes, the writer writes byte for byte.

#include "promise.hpp"

#include "spiking/events/nmnist.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_result_or_place("byte", [&] {
    const auto read = spiking::parse_nmnist({data, size}, "fuzz");
    fuzz::expect_recording(read);
    const auto written = spiking::nmnist_bytes(read);
    fuzz::expect(std::equal(written.begin(), written.end(), data, data + size),
                 "what was read is written again");
  });
  return 0;
}
