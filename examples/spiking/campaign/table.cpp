// SPDX-License-Identifier: MIT
#include "table.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace spiking {
namespace {

namespace bc = bitfault::campaign;
using bc::grouped_text;

class page {
public:
  void line(const std::string& words) {
    text_ += words;
    text_.erase(text_.find_last_not_of(' ') + 1);
    text_ += '\n';
  }
  void title(const std::string& words) { line(fmt::format("\n{}\n{:─<80}", words, "")); }
  void row(const std::string& name, const std::vector<std::string>& cells) {
    std::string words = fmt::format("{:<20}", name);
    for (const std::string& cell : cells)
      words += fmt::format(" {:>19}", cell);
    line(words);
  }
  void narrow_row(const std::string& name, const std::vector<std::string>& cells) {
    std::string words = fmt::format("{:<7}", name);
    for (const std::string& cell : cells)
      words += fmt::format(" {:>13}", cell);
    line(words);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  std::string text_;
};

std::vector<std::string> part_names(const spiking_results& r) {
  std::vector<std::string> names;
  for (const network_part& p : r.parts)
    names.push_back(p.name());
  return names;
}

void fault_table(page& out, const spiking_results& r) {
  out.title("Silent data corruption by fault model and layer (% of trials, 95 % interval)");
  out.row("", part_names(r));
  const auto rows = fault_rows();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::vector<std::string> cells(r.parts.size());
    bool any = false;
    for (std::size_t i = 0; i < r.by_model.size(); ++i) {
      if (r.by_model[i].row != row)
        continue;
      cells[r.by_model[i].part] = share_text(sdc_of(r.single.experiments[i]));
      any = true;
    }
    if (any)
      out.row(rows[row].name, cells);
  }
  out.line(fmt::format("{} trials in each cell ({} where many spikes are hit), each with one of {} "
                       "recordings.",
                       grouped_text(r.sizes.trials), grouped_text(r.sizes.set_trials),
                       r.shown->inputs->labels.size()));
}

/// Not more lines than this, each of as many steps as it takes.
constexpr std::size_t most_lines = 12;

void step_table(page& out, const spiking_results& r, std::size_t row) {
  const std::size_t steps = r.shown->inputs->steps;
  const std::size_t each = (steps + most_lines - 1) / most_lines;
  std::vector<std::vector<bc::trial_estimate>> columns;
  for (std::size_t part = 0; part < r.parts.size(); ++part)
    columns.push_back(has_steps(r, row, part) ? sdc_by_step(r, row, part)
                                              : std::vector<bc::trial_estimate>{});
  out.title(
      fmt::format("{} in one time step (SDC, % of trials, 95 % interval)", step_rows()[row].name));
  out.row("steps", part_names(r));
  for (std::size_t first = 0; first < steps; first += each) {
    const std::size_t last = std::min(first + each, steps);
    std::vector<std::string> cells;
    for (const auto& column : columns)
      cells.push_back(column.empty() ? "" : share_text(pooled(column, first, last)));
    out.row(last - first == 1 ? fmt::format("{}", first) : fmt::format("{} to {}", first, last - 1),
            cells);
  }
}

void sweep_table(page& out, const spiking_results& r) {
  const auto lines = sweep_lines(r.parts);
  const auto rates = sweep_rates(r.sizes.all_rates);
  std::vector<std::string> names;
  for (const sweep_line& line : lines)
    names.push_back(line.short_name);
  const auto table = [&](const char* title, const auto& share) {
    out.title(title);
    out.narrow_row("rate", names);
    for (std::size_t i = 0; i < rates.size(); ++i) {
      std::vector<std::string> cells;
      for (std::size_t line = 0; line < lines.size(); ++line)
        cells.push_back(share_text(share(r.rates.experiments[line * rates.size() + i]), 0));
      out.narrow_row(fmt::format("{:g}", rates[i]), cells);
    }
  };
  table("One random bit flipped in each element that is hit, by rate (SDC, % of trials)", sdc_of);
  table("The same: outputs that are NaN or infinite (% of trials)", non_finite_of);
  out.line(fmt::format("{} trials in each cell.", grouped_text(r.sizes.sweep_trials)));
}

} // namespace

std::string text_tables(const spiking_results& r) {
  page out;
  fault_table(out, r);
  for (std::size_t row = 0; row < step_rows().size(); ++row)
    step_table(out, r, row);
  sweep_table(out, r);
  out.line("SDC: another class than without the fault. Wilson intervals, each cell by itself.");
  return out.take();
}

} // namespace spiking
