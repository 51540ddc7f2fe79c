// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/address.hpp"
#include "bound_experiment.hpp"
#include "experiment.hpp"
#include "golden_run.hpp"
#include "inject.hpp"
#include "judge.hpp"
#include "layer_outputs.hpp"
#include "measure.hpp"
#include "model.hpp"
#include "model_error.hpp"
#include "trial.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <string_view>
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
        monitored_(std::move(monitored)), parameters_(m.parameters()),
        faulty_(golden.layers(), golden.batch()), differs_(golden.layers().size()),
        must_run_(golden.layers().size()) {}

  /// One trial.
  trial_record run(const bound_experiment& e, std::uint64_t trial) {
    prepared p = prepare(e, trial);
    run_named(p);
    return std::move(p.record);
  }

  /// Trials [first, last). Independent activation faults in different rows of one batch share a
  /// pass where the model allows it; the records are those of `run`.
  std::vector<trial_record> run(const bound_experiment& e, std::uint64_t first,
                                std::uint64_t last) {
    std::vector<prepared> trials;
    for (std::uint64_t t = first; t < last; ++t)
      trials.push_back(prepare(e, t));
    if (shares_batches(e)) {
      run_together(trials);
    } else {
      for (prepared& p : trials)
        run_named(p);
    }
    std::vector<trial_record> records;
    for (prepared& p : trials)
      records.push_back(std::move(p.record));
    return records;
  }

  /// The record of a trial whose process died or passed its time limit. What its faults met in
  /// parameters is looked up; of activations nobody knows.
  trial_record lost(const bound_experiment& e, std::uint64_t trial, outcome how) {
    prepared p = prepare(e, trial);
    const restore_at_end restore{this};
    inject_parameters(p);
    p.record.activated = true;
    for (std::uint64_t i = 0; i < p.record.inputs; ++i)
      judge_.lost(how, golden_->facts(p.record.first_input + i), p.record);
    return std::move(p.record);
  }

  /// Runs all inputs with faults that the caller gives, and returns what came out. `watch(input,
  /// faulty output bytes)` sees each output.
  template <class Watch>
  trial_record run_with(const std::vector<injected_fault>& faults, const Watch& watch) {
    prepared p;
    p.record.inputs = static_cast<std::uint32_t>(golden_->inputs());
    p.record.faults = faults;
    p.drawn = true;
    judge_.start(p.record);
    run_alone(p, watch);
    return std::move(p.record);
  }
  trial_record run_with(const std::vector<injected_fault>& faults) {
    return run_with(faults, [](std::uint64_t, const std::byte*) {});
  }

  /// Checksum of a batch's outputs with some bits of all elements of a target flipped. `whole`: all
  /// layers are run, none is taken from the cache.
  std::uint32_t checksum_with(std::size_t target_number, std::uint64_t mask,
                              std::uint64_t batch_number, bool whole) {
    const target& t = golden_->targets()[target_number];
    const auto flip_all = [&](const tensor_ref& memory) {
      for (index_t i = 0; i < memory.size(); ++i)
        memory.store(i, memory.load(i) ^ mask);
    };
    struct flip_back {
      const decltype(flip_all)* flip;
      const tensor_ref* memory;
      ~flip_back() {
        if (memory != nullptr)
          (*flip)(*memory);
      }
    };
    struck_.assign(golden_->layers().size(), 0);
    std::fill(must_run_.begin(), must_run_.end(), std::uint8_t{0});
    if (t.is_parameter()) {
      flip_all(parameters_[t.place].memory);
      must_run(parameters_[t.place]);
    } else {
      struck_[t.place] = 1;
    }
    const flip_back restore{&flip_all, t.is_parameter() ? &parameters_[t.place].memory : nullptr};
    const auto strike = [&](std::size_t n, const tensor_ref& output) {
      if (struck_[n] != 0)
        flip_all(output);
    };
    if (whole) {
      detail::run_whole_batch(*model_, golden_->layers(), batch_number * golden_->batch(), faulty_,
                              strike);
      std::fill(differs_.begin(), differs_.end(), std::uint8_t{1});
    } else {
      infer(batch_number, struck_, strike);
    }
    return crc32(
        std::string_view(reinterpret_cast<const char*>(output_of(batch_number * golden_->batch())),
                         static_cast<std::size_t>(golden_->batch()) * golden_->output_size() *
                             golden_->output_type().bytes));
  }

private:
  /// A trial whose sites and inputs are drawn.
  struct prepared {
    const bound_experiment* experiment = nullptr;
    trial_record record{};
    std::vector<fault_site> sites{};
    bool drawn = false; ///< the record's faults are given: replay them
  };

  prepared prepare(const bound_experiment& e, std::uint64_t trial) {
    prepared p;
    p.experiment = &e;
    p.sites = e.sites_of(trial);
    p.record.number = trial;
    const auto [first, count] = e.inputs_of(trial, golden_->inputs());
    p.record.first_input = first;
    p.record.inputs = static_cast<std::uint32_t>(count);
    judge_.start(p.record);
    return p;
  }

  static constexpr bool rows_are_independent = requires { requires M::rows_are_independent; };

  static constexpr bool reports = requires(M & m) { m.detected(); }
  || requires(M& m) { m.corrected(); };

  bool shares_batches(const bound_experiment& e) const {
    return rows_are_independent && !reports && settings_->share_batches && golden_->batch() > 1 &&
           !e.what().all_inputs && e.activations_only() && monitored_.empty();
  }

  // --- faults ------------------------------------------------------------------------------------

  const target& target_of(const injected_fault& f) const { return golden_->targets()[f.target]; }

  /// The fault of a site, once the word there is known.
  injected_fault made(const prepared& p, const fault_site& site, std::uint64_t before) const {
    const auto& e = *p.experiment;
    injected_fault f;
    f.target = site.target;
    f.fault = fault_at(e.what().fault, *golden_->targets()[site.target].type, site, before,
                       e.values_of(p.record.number));
    f.before = before;
    f.after = faulty_word(f.fault, before);
    return f;
  }

  /// Marks the layers that read a faulty parameter.
  void must_run(const parameter& p) noexcept {
    if (p.layers.empty())
      std::fill(must_run_.begin() + 1, must_run_.end(), std::uint8_t{1});
    for (const std::size_t n : p.layers)
      must_run_[n] = 1;
  }

  /// Faults in parameters, until they are taken back; says which layers have to run.
  void inject_parameters(prepared& p) {
    const auto inject = [&](injected_fault f, const parameter& in) {
      in.memory.store(f.fault.element, f.after);
      kept_.push_back({&in.memory, static_cast<index_t>(f.fault.element), f.before, f.after});
      if (f.after == f.before)
        return f;
      p.record.activated = true;
      must_run(in);
      return f;
    };
    std::fill(must_run_.begin(), must_run_.end(), std::uint8_t{0});
    kept_.clear();
    const auto memory_of = [&](std::size_t target) -> const parameter* {
      const auto& t = golden_->targets()[target];
      return t.is_parameter() ? &parameters_[t.place] : nullptr;
    };
    if (p.drawn) {
      for (injected_fault& f : p.record.faults) {
        if (const parameter* in = memory_of(f.target); in != nullptr) {
          f.before = in->memory.load(static_cast<index_t>(f.fault.element));
          f.after = faulty_word(f.fault, f.before);
          inject(f, *in);
        }
      }
      return;
    }
    for (const fault_site& site : p.sites) {
      const parameter* in = memory_of(site.target);
      if (in != nullptr)
        p.record.faults.push_back(
            inject(made(p, site, in->memory.load(static_cast<index_t>(site.element))), *in));
      else
        p.record.faults.push_back({site.target, {site.element, site.mask, 0, {}}, 0, 0});
    }
  }
  void take_back() noexcept {
    for (std::size_t i = kept_.size(); i-- > 0;)
      kept_[i].memory->store(kept_[i].element, kept_[i].before);
    kept_.clear();
  }

  /// The trial's faults in what layer n has just written, in some rows of the batch. The words of
  /// the trial's first input are the ones that are recorded.
  void inject_activations(prepared& p, std::size_t n, const tensor_ref& output,
                          std::uint64_t first_row, std::uint64_t rows, bool first_batch) {
    for (std::size_t i = 0; i < p.record.faults.size(); ++i) {
      injected_fault& f = p.record.faults[i];
      const target& t = target_of(f);
      if (t.is_parameter() || t.place != n)
        continue;
      for (std::uint64_t row = first_row; row < first_row + rows; ++row) {
        const auto at = static_cast<index_t>(row * t.size + f.fault.element);
        const std::uint64_t before = output.load(at);
        injected_fault now = f;
        if (p.drawn) {
          now.before = before;
          now.after = faulty_word(f.fault, before);
        } else {
          now = made(p, p.sites[i], before);
        }
        output.store(at, now.after);
        p.record.activated = p.record.activated || now.after != before;
        if (first_batch && row == first_row)
          f = now;
      }
    }
  }

  // --- inference ---------------------------------------------------------------------------------

  /// Runs a batch with the faults that `strike(n, output)` puts into each layer's output;
  /// `struck[n]` says whether it does. Afterwards `differs_` says which layers' outputs are not the
  /// golden ones; `faulty_` holds them, and all others where nothing could be skipped.
  template <class Strike>
  void infer(std::uint64_t batch_number, const std::vector<std::uint8_t>& struck,
             const Strike& strike) {
    std::exception_ptr ours; // what is wrong with a fault is no fault of the model
    const auto watched_strike = [&](std::size_t n, const tensor_ref& output) {
      try {
        strike(n, output);
      } catch (...) {
        ours = std::current_exception();
        throw;
      }
    };
    try {
      infer_unguarded(batch_number, struck, watched_strike);
    } catch (const std::exception& e) {
      if (ours)
        std::rethrow_exception(ours);
      throw model_error(e.what());
    } catch (...) {
      if (ours)
        std::rethrow_exception(ours);
      throw model_error("something that is no std::exception");
    }
  }
  template <class Strike>
  void infer_unguarded(std::uint64_t batch_number, const std::vector<std::uint8_t>& struck,
                       const Strike& strike) {
    const auto& layers = golden_->layers();
    const layer_outputs* golden = golden_->cached(batch_number);
    const std::uint64_t first_input = batch_number * golden_->batch();
    // A detector sees what its layers see, so for a model that has one no layer is left out.
    if constexpr (runs_layers<M> && !reports) {
      if (golden != nullptr && (settings_->start_at_fault || settings_->stop_if_masked)) {
        infer_what_differs(*golden, first_input, struck, strike);
        return;
      }
    }
    detail::run_whole_batch(*model_, layers, first_input, faulty_, strike);
    std::fill(differs_.begin(), differs_.end(), std::uint8_t{1});
  }

  template <class Strike>
  void infer_what_differs(const layer_outputs& golden, std::uint64_t first_input,
                          const std::vector<std::uint8_t>& struck, const Strike& strike) {
    const auto& layers = golden_->layers();
    bool begun = false;
    for (std::size_t n = 0; n < layers.size(); ++n) {
      const bool input_differs = std::any_of(layers[n].inputs.begin(), layers[n].inputs.end(),
                                             [&](std::size_t i) { return differs_[i] != 0; });
      begun = begun || must_run_[n] != 0 || struck[n] != 0;
      const bool skip = begun ? settings_->stop_if_masked : settings_->start_at_fault;
      const bool run = must_run_[n] != 0 || input_differs || !skip;
      differs_[n] = 0;
      if (run) {
        inputs_.clear();
        for (const std::size_t i : layers[n].inputs)
          inputs_.push_back(differs_[i] != 0 ? faulty_[i] : golden[i]);
        model_->run_layer(n, first_input, std::span<const tensor_ref>(inputs_), faulty_[n]);
      } else if (struck[n] != 0) {
        std::memcpy(faulty_[n].data(), golden[n].data(), golden[n].bytes());
      } else {
        continue;
      }
      strike(n, faulty_[n]);
      differs_[n] = std::memcmp(faulty_[n].data(), golden[n].data(), golden[n].bytes()) != 0;
    }
  }

  // --- verdict -----------------------------------------------------------------------------------

  protection_report protection() {
    protection_report report;
    if constexpr (requires { model_->detected(); })
      report.detected = model_->detected();
    if constexpr (requires { model_->corrected(); })
      report.corrected = model_->corrected();
    return report;
  }

  /// The output of an input in the batch that has just run.
  const std::byte* output_of(std::uint64_t input) const {
    const std::size_t last = golden_->layers().size() - 1;
    const std::size_t bytes = golden_->output_size() * golden_->output_type().bytes;
    return differs_[last] == 0
               ? golden_->output(input)
               : faulty_[last].data() + static_cast<std::size_t>(input % golden_->batch()) * bytes;
  }
  void decide(trial_record& record, std::uint64_t input, protection_report report) {
    judge_.decide(
        {&golden_->output_type(), golden_->output_size(), golden_->output(input), output_of(input)},
        golden_->facts(input), input, report, record);
  }

  /// A trial whose number stands in what it throws.
  void run_named(prepared& p) {
    try {
      run_alone(p, [](std::uint64_t, const std::byte*) {});
    } catch (const model_error& e) {
      std::string text = "bitfault: campaign: experiment '" + p.experiment->what().name +
                         "', trial " + std::to_string(p.record.number);
      if (!p.record.faults.empty()) {
        const injected_fault& f = p.record.faults.front();
        const target& t = target_of(f);
        text += " (" +
                to_string(fault_address{
                    t.name, bitfault::detail::coordinates_of(t.extents, f.fault.element),
                    f.fault.action, f.fault.mask, f.fault.value}) +
                (p.record.faults.size() > 1 ? " and more)" : ")");
      }
      throw model_error(text + ": inference threw: " + e.what() +
                        "; trials in child processes (isolate) count that as a crash");
    }
  }
  template <class Watch>
  void run_alone(prepared& p, const Watch& watch) {
    const restore_at_end restore{this};
    inject_parameters(p);
    struck_.assign(golden_->layers().size(), 0);
    for (const injected_fault& f : p.record.faults)
      if (!target_of(f).is_parameter())
        struck_[target_of(f).place] = 1;
    const std::uint64_t batch = golden_->batch();
    const std::uint64_t end = p.record.first_input + p.record.inputs;
    for (std::uint64_t first = p.record.first_input; first < end;) {
      const std::uint64_t b = first / batch;
      const std::uint64_t last = std::min(end, (b + 1) * batch);
      infer(b, struck_, [&](std::size_t n, const tensor_ref& output) {
        if (struck_[n] != 0)
          inject_activations(p, n, output, first % batch, last - first,
                             first == p.record.first_input);
      });
      const protection_report report = protection();
      for (std::uint64_t input = first; input < last; ++input) {
        decide(p.record, input, report);
        watch(input, output_of(input));
      }
      watch_layers(p.record, b, first % batch, last - first, first == p.record.first_input);
      first = last;
    }
  }

  /// Trials with one input each and faults in activations only: as many as have rows of their own
  /// in one batch take one pass.
  void run_together(std::vector<prepared>& trials) {
    std::fill(must_run_.begin(), must_run_.end(), std::uint8_t{0});
    std::vector<std::size_t> order(trials.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return trials[a].record.first_input < trials[b].record.first_input;
    });
    std::vector<std::size_t> pass, rest;
    while (!order.empty()) {
      pass.clear();
      rest.clear();
      const std::uint64_t b = trials[order[0]].record.first_input / golden_->batch();
      std::uint64_t last_input = ~std::uint64_t{0};
      struck_.assign(golden_->layers().size(), 0);
      for (const std::size_t i : order) {
        const std::uint64_t input = trials[i].record.first_input;
        if (input / golden_->batch() != b || input == last_input) {
          rest.push_back(i);
          continue;
        }
        last_input = input;
        pass.push_back(i);
        for (const fault_site& site : trials[i].sites) {
          struck_[golden_->targets()[site.target].place] = 1;
          trials[i].record.faults.push_back({site.target, {site.element, site.mask, 0, {}}, 0, 0});
        }
      }
      infer(b, struck_, [&](std::size_t n, const tensor_ref& output) {
        if (struck_[n] == 0)
          return;
        for (const std::size_t i : pass)
          inject_activations(trials[i], n, output, trials[i].record.first_input % golden_->batch(),
                             1, true);
      });
      for (const std::size_t i : pass)
        decide(trials[i].record, trials[i].record.first_input, {});
      order.swap(rest);
    }
  }

  /// Monitors of a batch. A trial over several batches reports its first.
  void watch_layers(trial_record& record, std::uint64_t batch_number, std::uint64_t first_row,
                    std::uint64_t rows, bool first_batch) {
    if (monitored_.empty() || !first_batch)
      return;
    const layer_outputs* golden = golden_->cached(batch_number);
    if (golden == nullptr) {
      if (own_golden_.empty())
        own_golden_ = layer_outputs(golden_->layers(), golden_->batch());
      // The golden outputs of a batch that is not in the cache are computed again.
      for (std::size_t i = kept_.size(); i-- > 0;)
        kept_[i].memory->store(kept_[i].element, kept_[i].before);
      detail::run_whole_batch(*model_, golden_->layers(), batch_number * golden_->batch(),
                              own_golden_, [](std::size_t, const tensor_ref&) {});
      for (const kept_word& k : kept_)
        k.memory->store(k.element, k.after);
      golden = &own_golden_;
    }
    for (const std::size_t n : monitored_) {
      const tensor_ref expected = rows_of((*golden)[n], first_row, rows);
      const tensor_ref seen =
          rows_of(differs_[n] != 0 ? faulty_[n] : (*golden)[n], first_row, rows);
      record.monitors.push_back(
          measure(static_cast<std::uint32_t>(n), expected, measure(expected), seen));
    }
  }
  tensor_ref rows_of(const tensor_ref& output, std::uint64_t first, std::uint64_t rows) const {
    std::vector<std::uint64_t> extents = output.extents();
    extents[0] = rows;
    const std::size_t row_bytes = output.bytes() / static_cast<std::size_t>(golden_->batch());
    return {output.type(), output.data() + static_cast<std::size_t>(first) * row_bytes,
            std::move(extents)};
  }

  struct kept_word {
    const tensor_ref* memory;
    index_t element;
    std::uint64_t before;
    std::uint64_t after;
  };
  /// Also when a model throws.
  struct restore_at_end {
    runner* self;
    explicit restore_at_end(runner* r) : self(r) {}
    restore_at_end(const restore_at_end&) = delete;
    restore_at_end& operator=(const restore_at_end&) = delete;
    ~restore_at_end() { self->take_back(); }
  };

  M* model_;
  const golden_run* golden_;
  const settings* settings_;
  judge judge_;
  std::vector<std::size_t> monitored_;
  std::vector<parameter> parameters_;
  layer_outputs faulty_;
  layer_outputs own_golden_;
  std::vector<std::uint8_t> differs_;  // of each layer: its output in faulty_ is not the golden one
  std::vector<std::uint8_t> must_run_; // of each layer: a parameter of it is faulty
  std::vector<std::uint8_t> struck_;   // of each layer: its output has a fault
  std::vector<kept_word> kept_;
  std::vector<tensor_ref> inputs_;
};

} // namespace bitfault::campaign
