// SPDX-License-Identifier: MIT
#pragma once

#include "description_text.hpp"
#include "export.hpp"
#include "figures.hpp"
#include "html.hpp"
#include "number_text.hpp"
#include "overview.hpp"
#include "store.hpp"
#include "stratified_share.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::campaign {

struct report_options {
  known_shares known{};       ///< truths to draw, by the names of experiments
  std::string before_names{}; ///< begins the names of figures, where one page has several campaigns
};

/// HTML, and why it has no figures; empty if it has them.
struct written_report {
  std::string html;
  std::string problem;
};

namespace detail {

inline std::string html_estimate(const trial_estimate& e) {
  if (e.of == 0)
    return "–";
  return estimate_text(e) + "<sup class=\"how\">" +
         interval_method_letters[static_cast<std::size_t>(e.method)] + "</sup>";
}

inline std::string hexadecimal_text(std::uint64_t n) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(n));
  return text;
}

/// What stands in a word, as a number where its type has one that all readers know.
inline std::string word_text(const stored_target& t, std::uint64_t word) {
  if (t.element_type == "float32")
    return format_number(
        "%.4g", static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(word))));
  if (t.element_type == "float64")
    return format_number("%.4g", std::bit_cast<double>(word));
  return hexadecimal_text(word);
}

inline void write_figures(const store& s, const std::vector<experiment_overview>& all,
                          const report_options& o, html_text& out, std::string& problem) {
  std::vector<std::pair<figure, std::string>> drawn;
  try {
    for (figure& f : figures_of(s, all, o.known)) {
      std::string svg = draw(f, o.before_names);
      drawn.emplace_back(std::move(f), std::move(svg));
    }
  } catch (const gnuplot_error& e) {
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

inline void write_experiments(const store& s, const std::vector<experiment_overview>& all,
                              html_text& out) {
  const campaign_description& d = s.description();
  std::vector<std::vector<std::string>> rows, criteria, parts, bits, actions;
  const bool by_action = has_several_actions(all);
  const auto lost = [](const summary& sums, const trial_tally& of) {
    const auto drop = sums.accuracy(of);
    return drop ? html_estimate(drop->mean) : std::string("–");
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const stored_experiment& e = d.experiments[i];
    const summary& sums = all[i].sums;
    const trial_tally& t = sums.all();
    const auto drop = sums.accuracy();
    const trial_estimate beyond = sums.sdc_share_beyond_inputs();
    const std::string name = escaped(e.asked.name);
    rows.push_back(
        {name,
         grouped_text(t.trials) + (s.stopped_at(i)        ? " (stopped)"
                                   : t.trials < e.planned ? " of " + grouped_text(e.planned)
                                                          : ""),
         html_estimate(sums.sdc_share(t)),
         beyond.method == interval_method::none ? "–" : html_estimate(beyond),
         html_estimate(sums.sdc_share(t, denominator::golden_correct)),
         e.asked.all_inputs ? html_estimate(sums.critical_share(t)) : "–",
         html_estimate(sums.due_share(t)),
         html_estimate(sums.outcome_share(t, outcome::non_finite)),
         html_estimate(sums.outcome_share(t, outcome::masked)),
         html_estimate(sums.outcome_share(t, outcome::tolerable)),
         drop ? html_estimate(drop->mean) : "–",
         drop && e.asked.all_inputs ? percent_text(drop->percentile_95) + " %" : "–"});
    criteria.push_back(criterion_cells(d, sums, html_estimate));
    criteria.back().insert(criteria.back().begin(), name);
    criteria.back().push_back(html_estimate(sums.sdc_share_without_due(t)));
    for (const auto& [target, tally] : sums.by_target())
      parts.push_back({name, escaped(d.targets[target].name), grouped_text(tally.sites),
                       grouped_text(tally.trials), html_estimate(sums.sdc_share(tally)),
                       html_estimate(sums.sdc_share(tally, denominator::golden_correct)),
                       html_estimate(sums.outcome_share(tally, outcome::non_finite)),
                       html_estimate(sums.outcome_share(tally, outcome::masked)),
                       lost(sums, tally)});
    for (const auto& [bit, tally] : sums.by_bit()) {
      const std::string_view field = field_of(bit.element_type, bit.bit);
      bits.push_back({name,
                      escaped(bit.element_type) + " bit " + std::to_string(bit.bit) +
                          (field.empty() ? "" : " (" + std::string(field) + ")"),
                      grouped_text(tally.trials), html_estimate(sums.sdc_share(tally)),
                      html_estimate(sums.sdc_share(tally, denominator::golden_correct)),
                      html_estimate(sums.outcome_share(tally, outcome::non_finite)),
                      html_estimate(sums.outcome_share(tally, outcome::masked)),
                      lost(sums, tally)});
    }
    if (by_action)
      for (const auto& [action, tally] : sums.by_action())
        actions.push_back({name, action_words(action), grouped_text(tally.trials),
                           html_estimate(sums.sdc_share(tally)),
                           html_estimate(sums.sdc_share(tally, denominator::golden_correct)),
                           html_estimate(sums.outcome_share(tally, outcome::non_finite)),
                           html_estimate(sums.outcome_share(tally, outcome::masked)),
                           lost(sums, tally)});
  }
  for (const std::string& name : stratified_experiments(d)) {
    const trial_estimate share = stratified_share(s, name, all);
    rows.push_back({escaped(name) + ", all strata", grouped_text(share.of), "–", "–", "–",
                    html_estimate(share), "–", "–", "–", "–", "–", "–"});
  }
  out.heading("All numbers");
  out.paragraph(
      "Shares of inputs. <i>Of all</i>: among all inputs; <i>of right</i>: among those whose "
      "golden "
      "answer is the label's. In brackets 95 % intervals, those of parts pointwise; the letter "
      "says "
      "which: W Wilson (independent trials), C Clopper and Pearson (distinct faults), F clustered "
      "by fault (all inputs in each trial; holds for these inputs), T two-way (for inputs like "
      "these, too), A anytime-valid (a stop rule), "
      "M mean of bounded values, E exact (every fault was tried: no interval), - none holds.",
      "soft");
  const auto shown = [&](const char* title, const std::vector<std::string>& head,
                         const std::vector<std::vector<std::string>>& list) {
    if (list.empty())
      return;
    out.begin_details(title);
    out.table(head, list);
    out.end_details();
  };
  shown("By experiment",
        {"experiment", "trials", "SDC, of all", "SDC, other inputs", "SDC, of right",
         "critical trials", "DUE", "non-finite", "masked", "tolerable", "accuracy lost, mean",
         "95 % of trials lose at most"},
        rows);
  std::vector<std::string> heads{"experiment"};
  for (const std::string& head : criterion_heads(d))
    heads.push_back(escaped(head));
  heads.push_back("SDC, of inputs without DUE");
  shown("By experiment and criterion", heads, criteria);
  shown("By target, single faults",
        {"experiment", "target", "sites", "trials", "SDC, of all", "SDC, of right", "non-finite",
         "masked", "accuracy lost, mean"},
        parts);
  shown("By bit, single faults",
        {"experiment", "bit", "trials", "SDC, of all", "SDC, of right", "non-finite", "masked",
         "accuracy lost, mean"},
        bits);
  shown("By fault action, single faults",
        {"experiment", "action", "trials", "SDC, of all", "SDC, of right", "non-finite", "masked",
         "accuracy lost, mean"},
        actions);
}

inline std::vector<std::string> remarkable_row(const campaign_description& d,
                                               const std::string& experiment,
                                               const trial_record& r) {
  std::string faults, values;
  for (std::size_t i = 0; i < std::min<std::size_t>(r.faults.size(), 2); ++i) {
    const injected_fault& f = r.faults[i];
    const stored_target& t = d.targets.at(f.target);
    faults += (i == 0 ? "<code>" : "<br/><code>") + escaped(address_of(d, f)) + "</code>";
    values += (i == 0 ? "" : "<br/>") + word_text(t, f.before) + " → " + word_text(t, f.after);
  }
  if (fault_count(r) > 2)
    faults += "<br/>and " + grouped_text(fault_count(r) - 2) + " more";
  std::string ends;
  for (std::size_t o = 0; o < outcome_count; ++o)
    if (r.outcomes[o] != 0)
      ends += (ends.empty() ? "" : ", ") + grouped_text(r.outcomes[o]) + " " +
              std::string(outcome_names[o]);
  return {faults,
          values,
          ends,
          r.inputs == 1
              ? grouped_text(r.first_input)
              : grouped_text(r.first_input) + " to " + grouped_text(r.first_input + r.inputs - 1),
          escaped(experiment),
          grouped_text(r.number)};
}

inline void write_remarkable(const store& s, const std::vector<experiment_overview>& all,
                             html_text& out) {
  const campaign_description& d = s.description();
  std::vector<std::vector<std::string>> worst, dead;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const trial_record& r : all[i].worst) {
      worst.push_back(remarkable_row(d, d.experiments[i].asked.name, r));
      if (!d.experiments[i].asked.all_inputs)
        break; // one input each: they are all alike
    }
    for (const trial_record& r : all[i].dead)
      dead.push_back(remarkable_row(d, d.experiments[i].asked.name, r));
  }
  const std::vector<std::string> head{"fault address", "value",      "inputs ended as",
                                      "inputs",        "experiment", "trial"};
  if (!worst.empty()) {
    out.heading("Faults to look at");
    out.paragraph("Of each experiment the trials with most silently wrong inputs, the first ones "
                  "of equals. This is a selection, not an estimate. An address names target, "
                  "coordinates and bit, and gives the same fault anywhere.",
                  "soft");
    out.table(head, worst);
  }
  if (!dead.empty()) {
    out.heading("Crashes and hangs");
    out.paragraph("The first ones of each experiment.", "soft");
    out.table(head, dead);
  }
}

inline void write_how(const store& s, html_text& out) {
  const campaign_description& d = s.description();
  const campaign_identity& id = d.identity;
  std::string criteria;
  for (const stored_criterion& c : d.criteria)
    criteria += (criteria.empty() ? "" : ", ") + escaped(c.name);
  std::vector<std::pair<std::string, std::string>> facts{
      {"seed", std::to_string(id.seed)},
      {"library", "bitfault " + escaped(id.library_version) + ", draw version " +
                      std::to_string(id.draw_version)},
      {"compiler", escaped(id.compiler)},
      {"model",
       escaped(id.model) + ", parameters CRC-32 " + hexadecimal_text(id.parameters_checksum)},
      {"inputs", grouped_text(id.inputs) + ", " + grouped_text(id.batch) + " at a time"},
      {"criteria", criteria + "; SDC means " + escaped(id.headline)}};
  if (s.golden())
    facts.emplace_back("golden run", "outputs CRC-32 " +
                                         hexadecimal_text(s.golden()->outputs_checksum) + ". " +
                                         escaped(golden_text(s.golden())));
  out.heading("How to get the same numbers");
  out.definitions(facts);
  out.paragraph("Which faults strike is a pure function of the seed, the experiment, the trial's "
                "number and the targets' shapes: it depends neither on the machine nor on the "
                "number of threads. The model's own arithmetic may round differently with another "
                "compiler or processor.");
  if (!id.configuration.empty()) {
    out.begin_details("Configuration");
    out.add("<pre>" + escaped(id.configuration) + "</pre>");
    out.end_details();
  }
}

} // namespace detail

/// The parts of a report that need no figures: faults to look at, tables, how to get the same. For
/// pages that draw figures of their own. `all` are the overviews of the store's experiments.
inline void add_report_tables(const store& s, const std::vector<experiment_overview>& all,
                              html_text& out) {
  detail::write_remarkable(s, all, out);
  detail::write_experiments(s, all, out);
  detail::write_how(s, out);
}

/// The parts of a report below its title: figures, faults to look at, tables, how to get the same.
/// `all` are the overviews of the store's experiments. For pages that show more than one campaign.
inline written_report report_sections(const store& s, const std::vector<experiment_overview>& all,
                                      const report_options& o = {}) {
  html_text out;
  written_report written;
  detail::write_figures(s, all, o, out, written.problem);
  add_report_tables(s, all, out);
  written.html = out.text();
  return written;
}

/// What the words of a report mean.
inline std::string report_glossary() {
  html_text out;
  out.heading("Words");
  out.definitions(
      {{"trial", "One set of faults (often a single one) against one set of inputs."},
       {"golden run", "The run without a fault, by the same program; what faulty runs are compared "
                      "with. Not to be confused with the right answer."},
       {"masked", "The output is bit for bit that of the golden run."},
       {"tolerable", "The output differs, but the criterion for SDC does not hold."},
       {"SDC", "Silent data corruption: the criterion holds, and nothing tells you. SDC-1 "
               "(<code>sdc_1</code>): the class with the highest score is another one."},
       {"non-finite", "An output is infinite or no number. A program could notice that, if it "
                      "looks; it is counted by itself and not as SDC."},
       {"DUE", "Detected, not corrected: a crash, a hang, or a detector that fired."},
       {"critical trial", "A trial with SDC on at least as many inputs as the experiment says."},
       {"95 % interval", "Computed so that about 95 of 100 such intervals contain the true value. "
                         "Pointwise: each by itself, so among a hundred about five miss."},
       {"fault address",
        "Target, coordinates, operation and bit of a fault: "
        "<code>bf1:conv1.weight[3,0,1,2]^30</code> flips bit 30 of that weight."}});
  return out.text();
}

/// An HTML page about a campaign that works without a network: figures, tables, the addresses of
/// faults to look at, and what is needed to get the same again. Its bytes depend on the stored
/// trials, the library and gnuplot: on no time, place or order. Without gnuplot it has no figures
/// and says why.
inline written_report html_report(const store& s, const report_options& o = {}) {
  const campaign_description& d = s.description();
  std::uint64_t trials = 0, planned = 0;
  for (std::size_t e = 0; e < d.experiments.size(); ++e) {
    trials += s.stored(e).count();
    planned += s.limit(e);
  }
  html_text out;
  out.add("<h1>" + escaped(d.identity.name) + "</h1>");
  out.paragraph(
      "A fault-injection campaign" +
          (d.identity.model.empty() ? "" : " on <i>" + escaped(d.identity.model) + "</i>") + ": " +
          grouped_text(trials) + " trials of " + std::to_string(d.experiments.size()) +
          (d.experiments.size() == 1 ? " experiment" : " experiments") + " on " +
          grouped_text(d.identity.inputs) +
          " inputs. Each output is compared with the one that the same model gives without a "
          "fault.",
      "lead");
  if (trials < planned)
    out.paragraph("The campaign is not complete: " + grouped_text(planned - trials) + " of " +
                      grouped_text(planned) +
                      " trials are missing. Faults that change nothing may "
                      "have finished first.",
                  "missing");
  written_report sections = report_sections(s, overviews_of(s), o);
  out.add(sections.html + report_glossary());
  return {html_page(d.identity.name, out.text()), std::move(sections.problem)};
}

/// Writes `html_report` to a file, which is replaced as a whole. Returns why there are no figures,
/// or nothing. Throws `file_error`.
inline std::string write_report(const store& s, const std::filesystem::path& path,
                                const report_options& o = {}) {
  const written_report r = html_report(s, o);
  bitfault::detail::write_file(path, r.html);
  return r.problem;
}

} // namespace bitfault::campaign
