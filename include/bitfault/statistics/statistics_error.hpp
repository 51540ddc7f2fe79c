// SPDX-License-Identifier: MIT
#pragma once

#include "../config/macros.hpp"
#include "../core/bits.hpp"
#include "../core/error.hpp"
#include "../core/message.hpp"
#include "../core/status.hpp"
#include "interval.hpp"

#include <cstdint>

namespace bitfault {

#if BITFAULT_EXCEPTIONS

/// A statistic asked for with numbers that cannot be: `what()` names the value, the limit and the
/// function; `why()` holds value and limit as the bits of doubles.
class statistics_error : public error {
public:
  statistics_error(const status& why, const message_text& sentence) noexcept
      : error(why), sentence_(sentence) {}
  const char* what() const noexcept override { return sentence_.text; }

private:
  message_text sentence_;
};

#endif

namespace detail {

/// Throws. In a build without exceptions it stops: a call that failed must not look as if it had
/// worked.
[[noreturn]] inline void refuse_statistic([[maybe_unused]] const char* place,
                                          [[maybe_unused]] const message_text& sentence,
                                          [[maybe_unused]] double value,
                                          [[maybe_unused]] double limit) {
#if BITFAULT_EXCEPTIONS
  message_text all;
  all << "bitfault: " << place << ": " << sentence.text;
  throw statistics_error({refusal::bad_parameter, 0, bit_cast<std::uint64_t>(value),
                          bit_cast<std::uint64_t>(limit), place},
                         all);
#else
  __builtin_trap();
#endif
}

inline void check_confidence(const char* place, double confidence) {
  if (confidence > 0 && confidence < 1)
    return;
  message_text m;
  m << "a confidence of " << confidence << "; it must lie between 0 and 1, both excluded";
  refuse_statistic(place, m, confidence, 1);
}

/// `value` must lie in [0, 1].
inline void check_share(const char* place, const char* name, double value) {
  if (value >= 0 && value <= 1)
    return;
  message_text m;
  m << name << " of " << value << "; it must lie between 0 and 1";
  refuse_statistic(place, m, value, 1);
}

/// `value` must be above 0 and finite.
inline void check_positive(const char* place, const char* name, double value) {
  if (value > 0 && value < 1e308)
    return;
  message_text m;
  m << name << " of " << value << "; it must be above 0 and finite";
  refuse_statistic(place, m, value, 0);
}

/// `value` must be in `range`; a NaN is not.
inline void check_inside(const char* place, double value, const interval& range) {
  if (range.contains(value))
    return;
  message_text m;
  m << "a value of " << value << " outside the range from " << range.lower << " to " << range.upper;
  refuse_statistic(place, m, value, value < range.lower ? range.lower : range.upper);
}

/// At most `limit` of something that has only so many: "4 hits in 3 trials".
inline void check_at_most(const char* place, std::uint64_t value, const char* of,
                          std::uint64_t limit, const char* in) {
  if (value <= limit)
    return;
  message_text m;
  m << value << of << limit << in;
  refuse_statistic(place, m, static_cast<double>(value), static_cast<double>(limit));
}

inline void check_at_least(const char* place, std::uint64_t value, std::uint64_t limit,
                           const char* things) {
  if (value >= limit)
    return;
  message_text m;
  m << value << things << " given; at least " << limit << " needed";
  refuse_statistic(place, m, static_cast<double>(value), static_cast<double>(limit));
}

inline void check_hits(const char* place, std::uint64_t hits, std::uint64_t trials) {
  check_at_most(place, hits, " hits in ", trials, " trials");
}

inline void check_population(const char* place, std::uint64_t trials, std::uint64_t population) {
  check_at_most(place, trials, " trials without replacement in a population of ", population, "");
}

} // namespace detail
} // namespace bitfault
