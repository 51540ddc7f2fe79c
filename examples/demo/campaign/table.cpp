// SPDX-License-Identifier: MIT
#include "table.hpp"

#include "text.hpp"

#include <bitfault/campaign/export.hpp>
#include <bitfault/campaign/number_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace demo {
namespace {

namespace bc = bitfault::campaign;
using bc::grouped_text;
using overview = bc::experiment_overview;

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

void sweep_table(page& out, const demo_results& r) {
  const auto& d = r.rates.file->description();
  out.title(fmt::format("Accuracy against bit error rate  ({} bits of weights and biases)",
                        grouped_text(d.experiments.front().sites)));
  out.line("{:>7} {:>10}   {:^14}   {:^16}", "rate", "accuracy", "95 % interval", "5 % end below");
  for (std::size_t i = 0; i < r.rates.experiments.size(); ++i) {
    const auto& sums = r.rates.experiments[i].sums;
    const auto drop = sums.accuracy();
    const auto golden = static_cast<double>(sums.all().golden_correct) /
                        static_cast<double>(std::max<std::uint64_t>(sums.all().inputs, 1));
    if (!drop) {
      continue;
    }
    const double mean = golden - drop->mean.value;
    out.line("{:>7.0e} {:>8.2f} %   {:>14}   {:>10.2f} %       {}",
             d.experiments[i].asked.amount.rate, 100 * mean,
             percent(bitfault::interval{std::max(0.0, golden - drop->mean.bounds.upper),
                                        std::min(1.0, golden - drop->mean.bounds.lower)}),
             100 * (golden - drop->percentile_95), bar(mean, 18));
  }
  out.line("{} trials, each on the same {} images; the trial is the unit.",
           grouped_text(r.sizes.sweep_trials), d.identity.inputs);
}

struct row {
  std::string name;
  const overview* of;
};

void single_rows(page& out, std::span<const row> rows, double scale) {
  for (const auto& [name, of] : rows) {
    const auto sdc = sdc_of(*of);
    out.line("{:<14} {:>7.2f} %   {:>14}   {:>6.2f} %  {:>6.2f} %  {}", name, 100 * sdc.value,
             percent(sdc.bounds), 100 * share_of(*of, bc::outcome::non_finite),
             100 * share_of(*of, bc::outcome::masked), bar(sdc.value / scale, 13));
  }
}

double largest(std::span<const overview> list) {
  double value = 0;
  for (const auto& one : list) {
    value = std::max(value, sdc_of(one).value);
  }
  return value > 0 ? value : 1;
}

constexpr auto* heads = "{:<14} {:>9}   {:^14}   {:>8}  {:>8}";

void bit_table(page& out, const demo_results& r) {
  out.title(fmt::format("One flipped bit in weights or biases, by bit position  ({} trials each)",
                        grouped_text(r.sizes.trials)));
  out.line(fmt::runtime(heads), "bit", "SDC-1", "95 % interval", "NaN, inf", "masked");
  const auto bits = r.bits();
  // The lowest bits that never changed an answer are one line.
  std::size_t quiet = 0;
  while (quiet < bits.size() && sdc_of(bits[quiet]).hits == 0 &&
         share_of(bits[quiet], bc::outcome::non_finite) == 0) {
    ++quiet;
  }
  std::vector<row> rows;
  for (std::size_t bit = bits.size(); bit-- > quiet;) {
    rows.push_back({fmt::format("{:>2} {}", bit, field_of(bit)), &bits[bit]});
  }
  single_rows(out, rows, largest(bits));
  if (quiet != 0) {
    out.line("{:<14} {:>7.2f} %   {:>14}   (each of these bits)",
             fmt::format("{:>2} to 0", quiet - 1), 0.0, percent(sdc_of(bits[quiet - 1]).bounds));
  }
}

void layer_table(page& out, const demo_results& r) {
  const double scale = std::max(largest(r.tensors_part()), largest(r.layers_part()));
  out.title(
      fmt::format("One flipped bit, by layer  ({} trials each)", grouped_text(r.sizes.trials)));
  const auto part = [&](const char* head, std::span<const overview> list, std::size_t first) {
    out.line(fmt::runtime(heads), head, "SDC-1", "95 % interval", "NaN, inf", "masked");
    std::vector<row> rows;
    for (std::size_t i = 0; i < list.size(); ++i) {
      rows.push_back(
          {r.single.file->description().experiments[first + i].asked.targets.front(), &list[i]});
    }
    single_rows(out, rows, scale);
  };
  part("weights", r.tensors_part(), first_tensor);
  part("activations", r.layers_part(), first_layer);
  out.line("SDC-1: another class than without the fault. NaN, inf: some output is, no SDC-1.\n"
           "Masked: outputs bit for bit the same. Wilson intervals, each row by itself.");
}

void closing_in(page& out, const demo_results& r) {
  const overview& view = r.known.experiments.front();
  const auto& e = r.known.file->description().experiments.front();
  if (view.course.empty()) {
    return;
  }
  out.title(r.truth ? fmt::format("Closing in on what is known: {} % of all {} faults",
                                  percent(r.truth->share), grouped_text(e.sites))
                    : "Closing in");
  constexpr double cells = 44;
  std::vector<bc::known_by_then> shown;
  for (const auto& k : view.course) {
    if (&k == &view.course.back() ||
        (k.trials >= 32 && (shown.empty() || k.trials >= 2 * shown.back().trials))) {
      shown.push_back(k);
    }
  }
  double top = r.truth ? r.truth->share : 0;
  for (const auto& k : shown) {
    top = std::max(top, k.within.upper);
  }
  top = top > 0 ? top : 1;
  const auto cell = [&](double x) { return static_cast<int>(x / top * (cells - 1) + 0.5); };
  out.line("{:>8}   {:^16}", "trials", "interval (%)");
  for (const auto& k : shown) {
    std::string drawn;
    for (int i = 0; i < static_cast<int>(cells); ++i) {
      const bool inside = i >= cell(k.within.lower) && i <= cell(k.within.upper);
      const bool is_truth = r.truth && i == cell(r.truth->share);
      drawn += is_truth ? "┃" : inside ? "▒" : "·";
    }
    out.line("{:>8}   {:>16}   {}", grouped_text(k.trials), percent(k.within), drawn);
  }
  out.line("Share of single weight faults that change one of {} answers at least,\n"
           "with its anytime-valid 95 % interval{}.",
           r.known.file->description().identity.inputs,
           r.truth ? "; ┃ is the truth, from all of the faults" : "");
  if (r.truth && !r.truth->same_build) {
    out.line("The truth is of another build, which rounds differently: it is not exactly ours.");
  }
}

void worst_table(page& out, const demo_results& r) {
  const auto& d = r.known.file->description();
  const overview& view = r.known.experiments.front();
  if (view.worst.empty()) {
    return;
  }
  out.title("The single faults that changed most answers");
  for (const auto& trial : view.worst) {
    const auto& f = trial.faults.front();
    out.line("{:<34} {:>11.4g} -> {:>10.3g}   {:>3} of {}", bc::address_of(d, f),
             std::bit_cast<float>(static_cast<std::uint32_t>(f.before)),
             std::bit_cast<float>(static_cast<std::uint32_t>(f.after)),
             trial.outcomes[static_cast<std::size_t>(bc::outcome::sdc)], trial.inputs);
  }
}

} // namespace

std::string text_tables(const demo_results& results) {
  page out;
  sweep_table(out, results);
  bit_table(out, results);
  layer_table(out, results);
  closing_in(out, results);
  worst_table(out, results);
  return out.take();
}

} // namespace demo
