// SPDX-License-Identifier: MIT
#pragma once

#include "../statistics/confidence_sequence.hpp"
#include "number_text.hpp"
#include "progress.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace bitfault::campaign {

/// How far a campaign is, in one line: a bar, trials per second, time left, and what the experiment
/// that is running says so far. On a terminal the line is written over, elsewhere a new one comes
/// every ten seconds.
class progress_line {
public:
  progress_line(std::FILE* to, bool terminal) : to_(to), terminal_(terminal) {}
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() { clear(); }

  void show(const progress& p) {
    const auto now = clock::now();
    const auto wait = terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
    if (now - last_ < wait)
      return;
    last_ = now;
    const std::string text = line(p);
    if (terminal_)
      std::fprintf(to_, "\r%s\x1b[K", text.c_str());
    else
      std::fprintf(to_, "%s\n", text.c_str());
    std::fflush(to_);
    shown_ = true;
  }
  /// Takes the line away, so that other text can be written.
  void clear() {
    if (terminal_ && shown_) {
      std::fputs("\r\x1b[K", to_);
      std::fflush(to_);
    }
    shown_ = false;
  }

  /// The text of the line.
  static std::string line(const progress& p) {
    const double part =
        p.planned == 0 ? 1 : static_cast<double>(p.done) / static_cast<double>(p.planned);
    std::string text = bar(part, 18) + format_number(" %3.0f %%", 100 * part);
    if (p.ran > 0 && p.seconds > 0.2) {
      const double rate = static_cast<double>(p.ran) / p.seconds;
      text += format_number(rate < 10 ? "  %.1f " : "  %.0f ", rate) + std::string(p.unit) + "/s";
      text += "  " + duration(static_cast<double>(p.planned - std::min(p.done, p.planned)) / rate) +
              " left";
    }
    if (p.now != nullptr && p.prefix > 0) {
      // Somebody is looking while it runs, so the interval is one that may be looked at.
      const interval known =
          anytime_interval(p.critical, p.prefix, 0.95, population_of(*p.now, p.sites));
      text += "  " + p.now->name + ": " + lower_end_text(known.lower) + " to " +
              upper_end_text(known.upper) + (p.now->all_inputs ? " % critical" : " % SDC");
    }
    return text;
  }

private:
  using clock = std::chrono::steady_clock;

  static std::string bar(double part, int cells) {
    static constexpr const char* eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int filled = static_cast<int>(std::clamp(part, 0.0, 1.0) * cells * 8);
    std::string text = "▕";
    for (int cell = 0; cell < cells; ++cell)
      text += filled >= 8 * (cell + 1) ? "█" : eighths[std::clamp(filled - 8 * cell, 0, 7)];
    return text + "▏";
  }
  static std::string duration(double seconds) {
    if (seconds < 90)
      return format_number("%.0f s", seconds);
    if (seconds < 5400)
      return format_number("%.0f min", seconds / 60);
    return format_number("%.1f h", seconds / 3600);
  }

  std::FILE* to_;
  bool terminal_;
  bool shown_ = false;
  clock::time_point last_{};
};

} // namespace bitfault::campaign
