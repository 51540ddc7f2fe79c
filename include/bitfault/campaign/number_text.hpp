// SPDX-License-Identifier: MIT
#pragma once

#include "trial_estimate.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace bitfault::campaign {

/// printf for one double.
inline std::string format_number(const char* form, double x) {
  char text[64];
  std::snprintf(text, sizeof text, form, x);
  return text;
}

/// A share in percent, with as many digits as say something: "12.3", "0.456", "0.00123", "0"; where
/// that would be many zeros "1.23e-05".
inline std::string percent_text(double share) {
  const double p = 100 * share;
  if (p == 0)
    return "0";
  const double size = std::fabs(p);
  if (size < 1e-4)
    return format_number("%.2e", p);
  const int digits = size >= 10  ? 1
                     : size >= 1 ? 2
                                 : static_cast<int>(2 - std::floor(std::log10(size)));
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, p);
  return text;
}

/// The lower end of an interval, in percent. Below 1e-6 % it is rounded outwards, so that the
/// printed interval covers what this one does: "0", or "-1.00e-06".
inline std::string lower_end_text(double share) {
  constexpr double least = 1e-8;
  return percent_text(std::fabs(share) >= least ? share : share < 0 ? -least : 0);
}
/// The upper end, in percent: "1.00e-06", or "0".
inline std::string upper_end_text(double share) {
  constexpr double least = 1e-8;
  return percent_text(std::fabs(share) >= least ? share : share > 0 ? least : 0);
}

/// 1234567 as "1,234,567".
inline std::string grouped_text(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t i = digits.size(); i > 3; i -= 3)
    digits.insert(i - 3, 1, ',');
  return digits;
}

/// "1.23 % [1.10, 1.37]", without the brackets where there is no interval.
inline std::string estimate_text(const trial_estimate& e) {
  if (e.of == 0)
    return "-";
  std::string text = percent_text(e.value) + " %";
  if (e.method != interval_method::none && e.method != interval_method::exact)
    text += " [" + lower_end_text(e.bounds.lower) + ", " + upper_end_text(e.bounds.upper) + "]";
  return text;
}

/// The same with the letter of the method behind it: "1.23 % [1.10, 1.37] W", "1.23 % E".
inline std::string lettered_estimate_text(const trial_estimate& e) {
  return estimate_text(e) +
         (e.of == 0
              ? ""
              : std::string(" ") + interval_method_letters[static_cast<std::size_t>(e.method)]);
}

} // namespace bitfault::campaign
