// SPDX-License-Identifier: MIT
#include "table.hpp"

#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace demo {
namespace {

class page {
public:
  template <class... A>
  void line(fmt::format_string<A...> format, A&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<A>(arguments)...);
    text_.erase(text_.find_last_not_of(' ') + 1);
    text_ += '\n';
  }
  void title(const std::string& words) { line("\n{}\n{:─<80}", words, ""); }
  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  std::string text_;
};

/// A bar of up to `cells` cells, in eighths.
std::string bar(double part, std::size_t cells) {
  static constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto filled =
      static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(cells * 8) + 0.5);
  std::string text;
  for (std::size_t i = 0; i < filled / 8; ++i) {
    text += "█";
  }
  return text + eighths[filled % 8];
}

void sweep_table(page& out, const campaign_results& results, const summary& s) {
  out.title(fmt::format("Accuracy against bit error rate  ({} bits of weights and biases)",
                        grouped(s.weight_bits_in_all)));
  out.line("{:>7} {:>9} {:>9}   {:^14}   {:^14}", "rate", "flips", "accuracy", "95 % interval",
           "5..95 % lie in");
  for (const auto& point : s.sweep) {
    const auto& a = point.accuracy;
    out.line("{:>7.0e} {:>9.2f} {:>7.2f} %   {:>14}   {:>14}  {}", point.from.rate, a.flips,
             100 * a.mean, percent(a.mean_within), percent({a.low, a.high}), bar(a.mean, 15));
  }
  out.line("{} trials of {} images each; the trial is the unit.", results.chosen.sweep_trials,
           results.chosen.block);
}

void single_rows(page& out, const std::vector<summary::single>& list, double scale) {
  for (const auto& one : list) {
    const auto& o = one.shares;
    out.line("{:<14} {:>7.2f} %   {:>14}   {:>6.2f} %  {:>6.2f} %  {}", one.from.name,
             100 * o.sdc.value(), percent(o.sdc.interval()), 100 * o.non_finite.value(),
             100 * o.masked.value(), bar(o.sdc.value() / scale, 13));
  }
}

double largest(const std::vector<summary::single>& list) {
  double value = 0;
  for (const auto& one : list) {
    value = std::max(value, one.shares.sdc.value());
  }
  return value > 0 ? value : 1;
}

} // namespace

std::string text_tables(const campaign_results& results, const summary& s) {
  page out;
  sweep_table(out, results, s);

  constexpr auto* heads = "{:<14} {:>9}   {:^14}   {:>8}  {:>8}";
  out.title(fmt::format("One flipped bit in weights or biases, by bit position  ({} trials each)",
                        grouped(results.chosen.trials)));
  out.line(fmt::runtime(heads), "bit", "SDC-1", "95 % interval", "NaN, inf", "masked");
  auto bits = s.bits;
  std::ranges::reverse(bits);
  for (auto& one : bits) {
    one.from.name = fmt::format("{:>2} {}", one.from.number, field_of(one.from.number));
  }
  // The lowest bits that never changed an answer are one line.
  auto shown = bits;
  while (!shown.empty() &&
         shown.back().shares.sdc.hits + shown.back().shares.non_finite.hits == 0) {
    shown.pop_back();
  }
  single_rows(out, shown, largest(bits));
  if (shown.size() < bits.size()) {
    const auto& quiet = bits[shown.size()];
    out.line("{:<14} {:>7.2f} %   {:>14}   (each of these bits)",
             fmt::format("{:>2} to 0", quiet.from.number), 0.0,
             percent(quiet.shares.sdc.interval()));
  }

  const double scale = std::max(largest(s.weights), largest(s.activations));
  out.title(
      fmt::format("One flipped bit, by layer  ({} trials each)", grouped(results.chosen.trials)));
  out.line(fmt::runtime(heads), "weights", "SDC-1", "95 % interval", "NaN, inf", "masked");
  single_rows(out, s.weights, scale);
  out.line(fmt::runtime(heads), "activations", "", "", "", "");
  single_rows(out, s.activations, scale);
  out.line("SDC-1: another class than without the fault. NaN, inf: some output is, no SDC-1.\n"
           "Masked: outputs bit for bit the same. Wilson intervals, each row by itself.");

  if (!results.worst.empty()) {
    const double images = static_cast<double>(results.replay_images);
    out.title(fmt::format("The worst single fault found in each tensor  (without it: {:.1f} %)",
                          100 * static_cast<double>(results.replay_right) / images));
    for (const auto& fault : results.worst) {
      out.line("{:<34} {:>11.4g} -> {:>10.3g}   {:>5.1f} % right", fault.address, fault.before,
               fault.after, 100 * static_cast<double>(fault.right) / images);
    }
  }
  return out.take();
}

} // namespace demo
