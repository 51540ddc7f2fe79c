// SPDX-License-Identifier: MIT
#pragma once

// What a fuzz target asks of a reader: a recording as event.hpp describes it, or one exception of
// the kind and form that is documented. Anything else ends the program.

#include "spiking/events/event.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace fuzz {

inline void expect(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
  }
}

inline void expect_recording(const spiking::recording& r) {
  std::int64_t before = 0;
  for (const auto& e : r.events) {
    expect(e.x < r.width && e.y < r.height, "each event lies on the sensor");
    expect(e.microseconds >= before, "time does not run backwards");
    before = e.microseconds;
  }
}

/// Calls `read`, which may throw std::runtime_error "fuzz: PLACE N: ...".
template <class Read>
void expect_result_or_place(const std::string& place, const Read& read) {
  try {
    read();
  } catch (const std::runtime_error& error) {
    const std::string start = "fuzz: " + place + " ";
    const std::string text = error.what();
    expect(text.starts_with(start), "an error names its place");
    const auto end = text.find_first_not_of("0123456789", start.size());
    expect(end != text.npos && end > start.size() && text[end] == ':',
           "an error numbers its place");
  }
}

} // namespace fuzz
