// SPDX-License-Identifier: MIT
#pragma once

#include "bound_experiment.hpp"
#include "drawn_trial.hpp"
#include "experiment.hpp"
#include "faulty_inference.hpp"
#include "golden_run.hpp"
#include "judge.hpp"
#include "layer_outputs.hpp"
#include "model.hpp"
#include "model_error.hpp"
#include "monitor_total.hpp"
#include "outcome.hpp"
#include "overwritten_words.hpp"
#include "shared_passes.hpp"
#include "struck_layers.hpp"
#include "trial.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// Runs trials on one model instance: draw, inject, run, compare, restore. One for each thread. The
/// record of a trial depends on the campaign and the trial's number, not on what ran before.
template <model M>
class runner {
public:
  /// The model, the golden run and the settings must outlive the runner.
  runner(M& m, const golden_run& golden, const settings& s, const judge& its_judge,
         std::vector<std::size_t> monitored)
      : model_(&m), golden_(&golden), settings_(&s), judge_(its_judge),
        monitored_(std::move(monitored)), parameters_(m.parameters()), inference_(m, golden, s),
        where_(golden.layers().size()) {}

  /// One trial.
  trial_record run(const bound_experiment& e, std::uint64_t trial) {
    drawn_trial t = draw(e, trial);
    run_alone(t);
    return finished(t);
  }

  /// Trials [first, last). Independent activation faults in different rows of one batch share a
  /// pass where the model allows it; the records are those of `run`.
  std::vector<trial_record> run(const bound_experiment& e, std::uint64_t first,
                                std::uint64_t last) {
    std::vector<trial_record> records;
    if (!shares_passes(e)) {
      for (std::uint64_t number = first; number < last; ++number)
        records.push_back(run(e, number));
      return records;
    }
    std::vector<drawn_trial> trials;
    for (std::uint64_t number = first; number < last; ++number)
      trials.push_back(draw(e, number));
    run_together(trials);
    for (drawn_trial& t : trials)
      records.push_back(finished(t));
    return records;
  }

  /// The record of a trial whose process died or passed its time limit. What its faults met in
  /// parameters is looked up; of activations nobody knows.
  trial_record lost(const bound_experiment& e, std::uint64_t trial, outcome how) {
    drawn_trial t = draw(e, trial);
    overwritten_words words;
    inject_parameters(t, words);
    t.record.activated = true;
    for (std::uint64_t i = 0; i < t.record.inputs; ++i)
      judge_.lost(how, golden_->facts(t.record.first_input + i), t.record);
    return finished(t);
  }

  /// Runs all inputs with faults that the caller gives, and returns what came out. `watch(input,
  /// faulty output bytes)` sees each output.
  template <class Watch>
  trial_record run_with(const std::vector<injected_fault>& faults, const Watch& watch) {
    drawn_trial t;
    t.record.inputs = static_cast<std::uint32_t>(golden_->inputs());
    t.record.faults = faults;
    judge_.start(t.record);
    run_alone(t, watch);
    return std::move(t.record);
  }
  trial_record run_with(const std::vector<injected_fault>& faults) {
    return run_with(faults, unwatched);
  }

private:
  static constexpr auto unwatched = [](std::uint64_t, const std::byte*) {};

  drawn_trial draw(const bound_experiment& e, std::uint64_t number) const {
    drawn_trial t = draw_trial(e, number, golden_->inputs());
    judge_.start(t.record);
    return t;
  }
  static trial_record finished(drawn_trial& t) {
    shorten_fault_list(t.record);
    return std::move(t.record);
  }
  const target& target_of(const injected_fault& f) const { return golden_->targets()[f.target]; }

  // --- one trial ---------------------------------------------------------------------------------

  void run_alone(drawn_trial& t) { run_alone(t, unwatched); }

  /// A trial by itself, batch by batch.
  template <class Watch>
  void run_alone(drawn_trial& t, const Watch& watch) {
    overwritten_words words;
    inject_parameters(t, words);
    std::vector<monitor_total> monitors;
    for (const std::size_t n : monitored_)
      monitors.emplace_back(static_cast<std::uint32_t>(n));
    const std::uint64_t end = t.record.first_input + t.record.inputs;
    for (std::uint64_t first = t.record.first_input; first < end;) {
      const std::uint64_t batch_number = first / golden_->batch();
      const std::uint64_t last = std::min(end, (batch_number + 1) * golden_->batch());
      infer_for(t, batch_number, [&](std::size_t n, const tensor_ref& output) {
        strike(t, n, output, first, last);
      });
      const protection_report report = inference_.protection();
      for (std::uint64_t input = first; input < last; ++input) {
        decide(t.record, input, report);
        watch(input, inference_.output_of(input));
      }
      if (!monitors.empty())
        measure_layers(monitors, words, first, last);
      first = last;
    }
    for (const monitor_total& m : monitors)
      t.record.monitors.push_back(m.record());
  }

  /// Puts a trial's faults into parameters, and marks the layers that have to run or are struck.
  void inject_parameters(drawn_trial& t, overwritten_words& words) {
    where_.clear();
    for (std::size_t i = 0; i < t.record.faults.size(); ++i) {
      injected_fault& f = t.record.faults[i];
      const target& struck = target_of(f);
      if (!struck.is_parameter()) {
        where_.outputs[struck.place] = 1;
        continue;
      }
      const parameter& in = parameters_[struck.place];
      const auto at = static_cast<index_t>(f.fault.element);
      f = t.met(i, struck, in.memory.load(at));
      words.overwrite(in.memory, at, f.after);
      if (f.after == f.before)
        continue;
      t.record.activated = true;
      where_.mark(in);
    }
  }

  /// Puts a trial's faults into what layer n has just written, in the rows of inputs [first, last).
  /// The words of the trial's first input are the ones that are recorded.
  void strike(drawn_trial& t, std::size_t n, const tensor_ref& output, std::uint64_t first,
              std::uint64_t last) {
    for (std::size_t i = 0; i < t.record.faults.size(); ++i) {
      const target& struck = target_of(t.record.faults[i]);
      if (struck.is_parameter() || struck.place != n)
        continue;
      for (std::uint64_t input = first; input < last; ++input) {
        const std::uint64_t row = input % golden_->batch();
        const auto at = static_cast<index_t>(row * struck.size + t.record.faults[i].fault.element);
        const injected_fault now = t.met(i, struck, output.load(at));
        output.store(at, now.after);
        t.record.activated = t.record.activated || now.after != now.before;
        if (input == t.record.first_input)
          t.record.faults[i] = now;
      }
    }
  }

  /// A batch with a trial's faults; the trial is named in what the model throws.
  template <class Strike>
  void infer_for(const drawn_trial& t, std::uint64_t batch_number, const Strike& strike) {
    try {
      inference_.run(batch_number, where_, strike);
    } catch (const model_error& e) {
      throw model_error("bitfault: campaign: " + name_of(t, golden_->targets()) +
                        ": inference threw: " + e.what() +
                        "; trials in child processes (isolate) count that as a crash");
    }
  }

  void decide(trial_record& record, std::uint64_t input, protection_report report) {
    judge_.decide({&golden_->output_type(), golden_->output_size(), golden_->output(input),
                   inference_.output_of(input)},
                  golden_->facts(input), input, report, record);
  }

  // --- several trials in a pass ------------------------------------------------------------------

  bool shares_passes(const bound_experiment& e) const {
    constexpr bool rows_are_independent = requires { requires M::rows_are_independent; };
    return rows_are_independent && !reports_protection<M> && settings_->share_batches &&
           golden_->batch() > 1 && !e.what().all_inputs && e.activations_only() &&
           monitored_.empty();
  }

  /// Trials with one input each and faults in activations only.
  void run_together(std::vector<drawn_trial>& trials) {
    std::vector<std::uint64_t> inputs;
    for (const drawn_trial& t : trials)
      inputs.push_back(t.record.first_input);
    for (const std::vector<std::size_t>& pass : shared_passes(inputs, golden_->batch())) {
      where_.clear();
      for (const std::size_t i : pass)
        for (const injected_fault& f : trials[i].record.faults)
          where_.outputs[target_of(f).place] = 1;
      try {
        inference_.run(inputs[pass.front()] / golden_->batch(), where_,
                       [&](std::size_t n, const tensor_ref& output) {
                         for (const std::size_t i : pass)
                           strike(trials[i], n, output, inputs[i], inputs[i] + 1);
                       });
      } catch (const model_error&) { // which of them is to blame, is seen when each runs alone
        for (const std::size_t i : pass)
          run_alone(trials[i]);
        continue;
      }
      for (const std::size_t i : pass)
        decide(trials[i].record, inputs[i], {});
    }
  }

  // --- monitors ----------------------------------------------------------------------------------

  /// Adds what monitored layers have put out for inputs [first, last), all of one batch.
  void measure_layers(std::vector<monitor_total>& monitors, overwritten_words& words,
                      std::uint64_t first, std::uint64_t last) {
    const std::uint64_t batch_number = first / golden_->batch();
    const layer_outputs* golden = golden_->cached(batch_number);
    if (golden == nullptr) {
      if (own_golden_.empty())
        own_golden_ = layer_outputs(golden_->layers(), golden_->batch());
      words.without([&] {
        detail::run_whole_batch(*model_, golden_->layers(), batch_number * golden_->batch(),
                                own_golden_, [](std::size_t, const tensor_ref&) {});
      });
      golden = &own_golden_;
    }
    const std::uint64_t row = first % golden_->batch();
    for (std::size_t i = 0; i < monitored_.size(); ++i) {
      const tensor_ref& expected = (*golden)[monitored_[i]];
      const tensor_ref* seen = inference_.output(monitored_[i]);
      monitors[i].add(expected.rows(row, last - first),
                      (seen == nullptr ? expected : *seen).rows(row, last - first));
    }
  }

  M* model_;
  const golden_run* golden_;
  const settings* settings_;
  judge judge_;
  std::vector<std::size_t> monitored_;
  std::vector<parameter> parameters_;
  faulty_inference<M> inference_;
  struck_layers where_;        ///< the faults of the pass
  layer_outputs own_golden_{}; ///< of a batch that is not in the cache
};

} // namespace bitfault::campaign
