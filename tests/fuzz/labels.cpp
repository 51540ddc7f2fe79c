// SPDX-License-Identifier: MIT

// parse_labels, and a recording cut by what it takes.

#include "promise.hpp"

#include "spiking/events/gestures.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  spiking::recording seen{128, 128, {}};
  for (std::int64_t time = 0; time < 100; ++time) {
    seen.events.push_back({time * time, 1, 1, true});
  }
  fuzz::expect_result_or_place("line", [&] {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto labels = spiking::parse_labels(text, "fuzz");
    for (const auto& label : labels) {
      fuzz::expect(label.gesture >= 1 && label.gesture <= 11, "a class is one of 1 to 11");
      fuzz::expect(label.start_microseconds >= 0, "no time is negative");
      fuzz::expect(label.end_microseconds > label.start_microseconds, "a gesture takes time");
    }
    for (const auto& sample : spiking::cut(seen, labels, "fuzz")) {
      fuzz::expect(sample.output < 11, "an output stands for a class");
      fuzz::expect_recording(sample.seen);
      for (const auto& e : sample.seen.events) {
        fuzz::expect(e.microseconds < sample.duration_microseconds, "an event is of its gesture");
      }
    }
  });
  return 0;
}
