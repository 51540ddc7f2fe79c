// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "figures.hpp"

#include <bitfault/campaign/gnuplot.hpp>
#include <bitfault/campaign/html.hpp>
#include <bitfault/campaign/number_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace spiking {
namespace {

namespace bc = bitfault::campaign;
using bc::escaped;
using bc::grouped_text;
using bc::html_text;

constexpr const char* title = "What faults do to a spiking neural network";

std::uint64_t trials_of(const campaign_results& r) {
  std::uint64_t n = 0;
  for (const auto& e : r.experiments)
    n += e.sums.all().trials;
  return n;
}

void introduce(html_text& out, const spiking_results& r) {
  out.add(fmt::format("<h1>{}</h1>", title));
  out.paragraph(
      fmt::format(
          "{} time steps of {} were shown to a spiking network with hardware faults in it: in "
          "its neurons, its synapses and its spikes, {} trials in all. Each answer is "
          "compared with the one that the same network gives for the same recording without "
          "a fault. Faults of one time step run from that step on, and only as far as spikes "
          "and membranes differ from what they were without the fault. Every parameter was "
          "bit for bit restored afterwards (checked).",
          r.shown->inputs->steps, escaped(r.shown->title),
          grouped_text(trials_of(r.single) + trials_of(r.rates))),
      "lead");
  if (!r.shown->warning.empty())
    out.paragraph(escaped(r.shown->warning), "missing");
}

void tiles(html_text& out, const spiking_results& r) {
  const std::size_t recordings = r.shown->inputs->labels.size();
  out.begin_tiles();
  out.tile(fmt::format("{} of {}", r.right, recordings), "recordings are right without faults");
  std::size_t worst = r.by_model.size();
  const auto rows = fault_rows();
  for (std::size_t i = 0; i < r.by_model.size(); ++i)
    if (rows[r.by_model[i].row].rate == 0 &&
        (worst == r.by_model.size() ||
         sdc_of(r.single.experiments[i]).value > sdc_of(r.single.experiments[worst]).value))
      worst = i;
  if (worst != r.by_model.size())
    out.tile(share_text(sdc_of(r.single.experiments[worst])) + " %",
             fmt::format("of trials change the answer with the worst single fault: {}",
                         escaped(r.by_model[worst].asked.name)));
  out.end_tiles();
}

void draw_figures(html_text& out, const spiking_results& r, std::string& problem) {
  std::vector<std::pair<bc::figure, std::string>> drawn;
  try {
    for (bc::figure& f : figures_of(r)) {
      std::string svg = bc::draw(f);
      drawn.emplace_back(std::move(f), std::move(svg));
    }
  } catch (const bc::gnuplot_error& e) {
    problem = e.what();
    out.paragraph("This report has no figures: " + escaped(problem) +
                      ". All numbers are in the tables.",
                  "missing");
    return;
  }
  for (const auto& [f, svg] : drawn) {
    out.heading(escaped(f.title));
    out.add("<figure role=\"img\" aria-label=\"" + escaped(f.title) + "\">" + svg + "<figcaption>" +
            escaped(f.caption) + "</figcaption></figure>");
  }
}

void step_tables(html_text& out, const spiking_results& r) {
  for (std::size_t row = 0; row < step_rows().size(); ++row) {
    std::vector<std::string> head{"step"};
    std::vector<std::vector<bc::trial_estimate>> columns;
    for (std::size_t part = 0; part < r.parts.size(); ++part) {
      if (!has_steps(r, row, part))
        continue;
      head.push_back(escaped(r.parts[part].neurons));
      columns.push_back(sdc_by_step(r, row, part));
    }
    std::vector<std::vector<std::string>> lines;
    for (std::size_t t = 0; t < r.shown->inputs->steps; ++t) {
      lines.push_back({std::to_string(t)});
      for (const auto& column : columns)
        lines.back().push_back(share_text(column[t]));
    }
    out.begin_details(escaped(step_rows()[row].name) + ", by time step: SDC in % of trials [95 %]");
    out.table(head, lines);
    out.end_details();
  }
}

void show_part(html_text& out, const campaign_results& r, const std::string& head,
               const std::string& words) {
  out.add("<h1 class=\"part\">" + head + "</h1>");
  out.paragraph(words);
  // The library's sections without its figures: ours are above.
  bc::add_report_tables(*r.file, r.experiments, out);
}

} // namespace

bc::written_report html_report(const spiking_results& r, const std::string& command) {
  html_text out;
  std::string problem;
  introduce(out, r);
  tiles(out, r);
  draw_figures(out, r, problem);
  step_tables(out, r);
  show_part(
      out, r.single, "Fault by fault",
      "Each fault model in each layer. Targets: <i>lif.output</i> is what a neuron's output "
      "line is stuck at (NaN: at nothing), <i>lif.delay</i> by how many steps the spike of each "
      "step is late, <i>lif@7</i> the spikes of step 7, <i>lif.membrane@7</i> the membranes "
      "after it.");
  show_part(
      out, r.rates, "Rates",
      "Each element is hit with a probability, and then one random bit of it flips. "
      "<i>conv@7</i> is what a layer with weights gives in step 7, <i>conv.word@7</i> the same "
      "as fixed-point words of 32 bits, 24 of them behind the point; <i>lif.value@7</i> are the "
      "numbers that the spikes of step 7 are sent with.");
  out.heading("The same numbers again");
  out.add("<pre>" + escaped(command) + "</pre>");
  out.add(bc::report_glossary());
  return {bc::html_page(title, out.text()), problem};
}

} // namespace spiking
