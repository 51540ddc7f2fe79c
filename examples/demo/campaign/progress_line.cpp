// SPDX-License-Identifier: MIT
#include "progress_line.hpp"

#include "summary.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace demo {
namespace {

/// What the experiment that is running says so far, from its complete first trials.
std::string so_far(const progress& p) {
  if (p.now == nullptr) {
    return p.done == 0 ? "" : "looking for the worst faults";
  }
  if (p.now->target == fault_target::rate) {
    std::vector<double> accuracies;
    for (const record& r : p.complete) {
      accuracies.push_back(static_cast<double>(r.right) / static_cast<double>(p.block));
    }
    const auto within = mean_interval(accuracies, confidence);
    return fmt::format("{:.0e}: accuracy {:.1f} to {:.1f} %", p.now->rate, 100 * within.lower,
                       100 * within.upper);
  }
  const share sdc = outcome_shares(p.complete).sdc;
  return fmt::format("{}: SDC-1 {} to {} %", p.now->name, percent(sdc.interval().lower),
                     percent(sdc.interval().upper));
}

std::string bar(double part, int cells) {
  static constexpr const char* eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int filled = static_cast<int>(part * cells * 8);
  std::string text;
  for (int cell = 0; cell < cells; ++cell) {
    text += filled >= 8 * (cell + 1) ? "█" : eighths[std::max(0, filled - 8 * cell)];
  }
  return text;
}

} // namespace

void progress_line::show(const progress& p) {
  const auto now = clock::now();
  if (!terminal_ && now - last_ < std::chrono::seconds(5)) {
    return;
  }
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const double part = p.total == 0 ? 1 : static_cast<double>(p.done) / static_cast<double>(p.total);
  std::string rate;
  if (p.done > 0 && seconds > 0.2) {
    rate = fmt::format("{:.0f}/s {:3.0f} s left", static_cast<double>(p.done) / seconds,
                       seconds / part * (1 - part));
  }
  if (terminal_) {
    fmt::print(to_, "\r▕{}▏{:3.0f} % {}  {}\x1b[K", bar(part, 18), 100 * part, rate, so_far(p));
  } else {
    fmt::print(to_, "{:3.0f} % {}  {}\n", 100 * part, rate, so_far(p));
  }
  std::fflush(to_);
  shown_ = true;
}

void progress_line::clear() {
  if (terminal_ && shown_) {
    fmt::print(to_, "\r\x1b[K");
    std::fflush(to_);
  }
  shown_ = false;
}

} // namespace demo
