// SPDX-License-Identifier: MIT
#include <bitfault/campaign/runner.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/classification.hpp>

#include <algorithm>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string>

namespace {

using namespace bitfault::campaign;

struct run_result {
  std::vector<trial_record> records;
  std::uint64_t layers_run = 0;
};

/// All trials of an experiment on a network of its own.
template <class Net>
run_result run_all(const experiment& what, const settings& s, std::uint64_t batch,
                   std::uint64_t trials) {
  Net net(24, batch);
  judge its_judge(classification_criteria(), "sdc_1");
  const golden_run golden(net, s, its_judge);
  const bound_experiment e(what, 3, 7, golden.targets());
  std::vector<std::size_t> monitored;
  for (const std::size_t t : find_targets(golden.targets(), {"relu*"}))
    monitored.push_back(golden.targets()[t].place);
  runner<Net> run(net, golden, s, its_judge,
                  s.monitors.empty() ? std::vector<std::size_t>{} : monitored);
  run_result result;
  std::uint64_t before = 0;
  if constexpr (requires { net.layers_run; })
    before = net.layers_run;
  for (std::uint64_t t = 0; t < trials; t += 64)
    for (trial_record& r : run.run(e, t, std::min(trials, t + 64)))
      result.records.push_back(std::move(r));
  if constexpr (requires { net.layers_run; })
    result.layers_run = net.layers_run - before;
  return result;
}

settings no_shortcuts() {
  settings s;
  s.start_at_fault = s.stop_if_masked = s.share_batches = false;
  return s;
}

experiment on(const char* targets, bool all_inputs) {
  experiment e;
  e.name = "test";
  e.targets = {targets};
  e.all_inputs = all_inputs;
  return e;
}

} // namespace

TEST_CASE("shortcuts change no record: a network with a skip connection, 12,672 random faults") {
  std::uint64_t faults = 0;
  for (const std::uint64_t batch : {1U, 4U})
    for (const char* targets : {"@parameters", "@activations"})
      for (const bool all_inputs : {false, true}) {
        INFO("batch " << batch << ", " << targets << (all_inputs ? ", all inputs" : ""));
        const experiment e = on(targets, all_inputs);
        // Every site of the activations, 1,760 of the parameters'.
        const std::uint64_t trials = targets[1] == 'a' ? 1408 : 1760;
        const auto full = run_all<toy::residual_network>(e, no_shortcuts(), batch, trials);
        const auto fast = run_all<toy::residual_network>(e, {}, batch, trials);
        CHECK(fast.records == full.records);
        CHECK(2 * fast.layers_run < full.layers_run + full.layers_run / 10);
        faults += trials;

        settings one = no_shortcuts();
        one.start_at_fault = true;
        CHECK(run_all<toy::residual_network>(e, one, batch, 256).records ==
              std::vector(full.records.begin(), full.records.begin() + 256));
        one = no_shortcuts();
        one.stop_if_masked = true;
        CHECK(run_all<toy::residual_network>(e, one, batch, 256).records ==
              std::vector(full.records.begin(), full.records.begin() + 256));
        one = {};
        one.cache_bytes = 3000; // room for some batches only
        CHECK(run_all<toy::residual_network>(e, one, batch, 256).records ==
              std::vector(full.records.begin(), full.records.begin() + 256));
        CHECK(run_all<toy::plain_network>(e, {}, batch, 256).records ==
              std::vector(full.records.begin(), full.records.begin() + 256));
      }
  CHECK(faults == 12672);
}

TEST_CASE("shortcuts change no record with several faults in a trial, nor what monitors see") {
  for (const auto amount : {fault_amount{fault_amount::kind::exactly, 3, 0},
                            fault_amount{fault_amount::kind::per_bit, 1, 1e-3}}) {
    experiment e = on("*", true);
    e.amount = amount;
    e.trials = 200;
    settings watched = no_shortcuts();
    watched.monitors = {"relu*"};
    const auto full = run_all<toy::residual_network>(e, watched, 4, 200);
    settings fast;
    fast.monitors = {"relu*"};
    CHECK(run_all<toy::residual_network>(e, fast, 4, 200).records == full.records);
    fast.cache_bytes = 0;
    CHECK(run_all<toy::residual_network>(e, fast, 4, 200).records == full.records);
    CHECK(full.records[0].monitors.size() == 2);
  }
}

TEST_CASE("monitors tell of all batches of a trial, as of one batch of all inputs") {
  experiment e = on("*", true);
  e.amount = {fault_amount::kind::exactly, 2, 0};
  e.trials = 100;
  settings s;
  s.monitors = {"relu*"};
  const auto whole = run_all<toy::residual_network>(e, s, 24, 100).records;
  for (const std::uint64_t batch : {1U, 4U, 8U}) {
    const auto parts = run_all<toy::residual_network>(e, s, batch, 100).records;
    for (std::size_t t = 0; t < 100; ++t)
      for (std::size_t m = 0; m < 2; ++m) {
        const monitor_record &a = parts[t].monitors.at(m), &b = whole[t].monitors.at(m);
        INFO("batch " << batch << ", trial " << t << ", monitor " << m);
        const auto near = [](double x, double y) { return x == Approx(y).epsilon(1e-12); };
        REQUIRE(a.layer == b.layer);
        REQUIRE(near(a.golden.mean, b.golden.mean));
        REQUIRE(near(a.golden.deviation, b.golden.deviation));
        REQUIRE(a.faulty.minimum == b.faulty.minimum);
        REQUIRE(a.faulty.maximum == b.faulty.maximum);
        REQUIRE(a.faulty.nan_count == b.faulty.nan_count);
        REQUIRE(near(a.faulty.geometric_mean, b.faulty.geometric_mean));
        REQUIRE(near(a.rmse, b.rmse));
        REQUIRE(near(a.mae, b.mae));
        REQUIRE(a.share_equal == b.share_equal);
      }
  }
}

namespace {

/// Gives up where an activation is above a limit.
struct fragile : toy::residual_network {
  using toy::residual_network::residual_network;
  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    toy::residual_network::run_layer(n, first, in, out);
    for (bitfault::index_t i = 0; n == 2 && i < out.size(); ++i)
      if (out.as<float>()[i] > 1e30F)
        throw std::runtime_error("too large");
  }
};

} // namespace

TEST_CASE("a trial that makes inference throw is named, also where it shares a pass with others") {
  fragile net(24, 4);
  judge its_judge(classification_criteria(), "sdc_1");
  const settings shared, alone = no_shortcuts();
  const golden_run golden(net, shared, its_judge);
  const bound_experiment e(on("dense1", false), 0, 5, golden.targets());
  runner<fragile> together(net, golden, shared, its_judge, {});
  runner<fragile> one_by_one(net, golden, alone, its_judge, {});
  const auto said = [&](const auto& run) -> std::string {
    try {
      run();
    } catch (const model_error& error) {
      return error.what();
    }
    return {};
  };
  // Which one throws first is another question: inputs of a pass stand side by side.
  std::size_t throwing = 0;
  for (std::uint64_t first = 0; first < 256; first += 64) {
    std::set<std::string> sentences;
    for (std::uint64_t t = first; t < first + 64; ++t) {
      const std::string sentence = said([&] { static_cast<void>(one_by_one.run(e, t)); });
      if (sentence.empty())
        continue;
      CHECK(sentence.find("bitfault: campaign: experiment 'test', trial " + std::to_string(t) +
                          " (bf1:dense1[") == 0);
      sentences.insert(sentence);
    }
    const std::string shared_pass =
        said([&] { static_cast<void>(together.run(e, first, first + 64)); });
    CHECK(sentences.count(shared_pass) == (sentences.empty() ? 0 : 1));
    CHECK(shared_pass.empty() == sentences.empty());
    throwing += sentences.size();
  }
  CHECK(throwing > 1);
}

namespace {

/// Says that it detected something where an activation is above 100, anew in each run.
struct watchful : toy::residual_network {
  using toy::residual_network::residual_network;
  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    toy::residual_network::run_layer(n, first, in, out);
    if (n == 0)
      fired = false;
    for (bitfault::index_t i = 0; i < out.size(); ++i)
      fired = fired || out.as<float>()[i] > 100;
  }
  bool detected() const { return fired; }
  bool fired = false;
};

} // namespace

TEST_CASE("a detector speaks of its own trial, with and without shortcuts") {
  const auto full = run_all<watchful>(on("@parameters", false), no_shortcuts(), 1, 1500);
  const auto fast = run_all<watchful>(on("@parameters", false), {}, 1, 1500);
  CHECK(fast.records == full.records);
  std::size_t detected = 0;
  for (const trial_record& r : fast.records)
    detected += r.outcomes[static_cast<std::size_t>(outcome::detected)];
  CHECK(detected > 0);
  CHECK(detected < 150);
}

TEST_CASE("shortcuts leave the logits as they are, bit for bit") {
  const auto logits = [](const settings& s) {
    toy::residual_network net(24, 4);
    judge its_judge(classification_criteria(), "sdc_1");
    const golden_run golden(net, s, its_judge);
    const bound_experiment e(on("*", true), 0, 3, golden.targets());
    runner<toy::residual_network> run(net, golden, s, its_judge, {});
    std::string all;
    for (std::uint64_t t = 0; t < 500; ++t) {
      const fault_site site = e.sites_of(t).front();
      static_cast<void>(run.run_with(
          {{site.target, {site.element, site.mask, 0, bitfault::fault_action::flip}, 0, 0}},
          [&](std::uint64_t, const std::byte* row) {
            all.append(reinterpret_cast<const char*>(row), 4 * sizeof(float));
          }));
    }
    return all;
  };
  const std::string full = logits(no_shortcuts());
  CHECK(full.size() == 500 * 24 * 16);
  CHECK(logits({}) == full);
}

TEST_CASE("outcomes are those of a run by hand") {
  // The naive twin: flip the bit, run everything, compare, flip it back.
  toy::residual_network net(24, 1), twin(24, 1);
  judge its_judge(classification_criteria(), "sdc_1");
  const settings s;
  const golden_run golden(net, s, its_judge);
  experiment what = on("@parameters", false);
  const bound_experiment e(what, 0, 5, golden.targets());
  runner<toy::residual_network> run(net, golden, s, its_judge, {});
  const auto list = twin.layers();
  auto parameters = twin.parameters();
  const auto logits = [&](std::uint64_t input) {
    layer_outputs out(list, 1);
    bitfault::campaign::detail::run_whole_batch(twin, list, input, out,
                                                [](std::size_t, const tensor_ref&) {});
    return std::vector<float>(out[6].as<float>(), out[6].as<float>() + toy::width_out);
  };
  std::size_t seen[outcome_count] = {};
  for (std::uint64_t t = 0; t < 2000; ++t) {
    const trial_record r = run.run(e, t);
    REQUIRE(r.inputs == 1);
    REQUIRE(r.faults.size() == 1);
    const auto good = logits(r.first_input);
    const injected_fault& f = r.faults[0];
    const tensor_ref& memory = parameters[golden.targets()[f.target].place].memory;
    const auto at = static_cast<bitfault::index_t>(f.fault.element);
    REQUIRE(memory.load(at) == f.before);
    memory.store(at, f.before ^ f.fault.mask);
    const auto bad = logits(r.first_input);
    memory.store(at, f.before);
    const auto top = [](const std::vector<float>& v) {
      return std::max_element(v.begin(), v.end()) - v.begin();
    };
    const bool finite =
        std::all_of(bad.begin(), bad.end(), [](float x) { return std::isfinite(x); });
    const outcome expected =
        !finite ? outcome::non_finite
        : std::memcmp(good.data(), bad.data(), sizeof(float) * good.size()) == 0 ? outcome::masked
        : top(good) != top(bad)                                                  ? outcome::sdc
                                : outcome::tolerable;
    REQUIRE(r.outcomes[static_cast<std::size_t>(expected)] == 1);
    ++seen[static_cast<std::size_t>(expected)];
  }
  for (const outcome o : {outcome::non_finite, outcome::masked, outcome::sdc, outcome::tolerable})
    CHECK(seen[static_cast<std::size_t>(o)] > 0);
}

TEST_CASE("after a trial every parameter is bit for bit what it was, also when the model throws") {
  struct throwing : toy::residual_network {
    using toy::residual_network::residual_network;
    void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                   const tensor_ref& out) {
      toy::residual_network::run_layer(n, first, in, out);
      if (armed && n == 6)
        throw std::runtime_error("inference gave up");
    }
    bool armed = false;
  };
  throwing net(24, 1);
  judge its_judge(classification_criteria(), "sdc_1");
  settings s = no_shortcuts();
  const golden_run golden(net, s, its_judge);
  experiment what = on("@parameters", true);
  what.amount = {fault_amount::kind::per_bit, 1, 0.01};
  what.trials = 50;
  const bound_experiment e(what, 0, 5, golden.targets());
  runner<throwing> run(net, golden, s, its_judge, {});
  const auto words = [&] {
    std::vector<std::uint64_t> all;
    for (const parameter& p : net.parameters())
      for (bitfault::index_t i = 0; i < p.memory.size(); ++i)
        all.push_back(p.memory.load(i));
    return all;
  };
  const auto before = words();
  for (std::uint64_t t = 0; t < 50; ++t) {
    static_cast<void>(run.run(e, t));
    REQUIRE(words() == before);
  }
  net.armed = true;
  CHECK_THROWS_AS(run.run(e, 1), std::runtime_error);
  CHECK(words() == before);
}

TEST_CASE("a stuck-at fault that the bit has anyway is not activated, and masked") {
  experiment e = on("@parameters", false);
  e.fault.which = fault_description::kind::stuck_at_0;
  for (const trial_record& r : run_all<toy::residual_network>(e, {}, 1, 1760).records) {
    const bool same = r.faults[0].before == r.faults[0].after;
    REQUIRE(r.activated == !same);
    if (same)
      REQUIRE(r.outcomes[static_cast<std::size_t>(outcome::masked)] == 1);
  }
}

TEST_CASE("a fault in an activation strikes in each input of the trial, and in no other row") {
  toy::residual_network net(24, 4);
  judge its_judge(classification_criteria(), "sdc_1");
  const settings s;
  const golden_run golden(net, s, its_judge);
  runner<toy::residual_network> run(net, golden, s, its_judge, {});
  // The sign of the last layer's output 2 turns: in every input, and only there.
  const std::size_t output = find_targets(golden.targets(), {"dense3"})[0];
  std::size_t changed = 0;
  static_cast<void>(run.run_with({{static_cast<std::uint32_t>(output),
                                   {2, 0x80000000U, 0, bitfault::fault_action::flip},
                                   0,
                                   0}},
                                 [&](std::uint64_t input, const std::byte* row) {
                                   float good[4], bad[4];
                                   std::memcpy(good, golden.output(input), sizeof good);
                                   std::memcpy(bad, row, sizeof bad);
                                   changed += bad[2] == -good[2] && bad[0] == good[0] &&
                                              bad[1] == good[1] && bad[3] == good[3];
                                 }));
  CHECK(changed == 24);
}

TEST_CASE("of many faults in a trial a record lists the first, and all of them are injected") {
  toy::residual_network net(24, 4);
  judge its_judge(classification_criteria(), "sdc_1");
  const settings s;
  const golden_run golden(net, s, its_judge);
  runner<toy::residual_network> run(net, golden, s, its_judge, {});
  experiment what = on("@weights", true);
  what.amount.which = fault_amount::kind::per_bit;
  what.amount.rate = 0.5;
  what.trials = 10;
  const bound_experiment e(what, 3, 7, golden.targets());
  const trial_record r = run.run(e, 5);
  std::vector<injected_fault> all;
  for (const fault_site& site : e.sites_of(5))
    all.push_back({site.target, {site.element, site.mask, 0, bitfault::fault_action::flip}, 0, 0});
  REQUIRE(all.size() > 2000); // half of 4,608 bits
  CHECK(r.faults.size() == most_listed_faults);
  CHECK(fault_count(r) == all.size());
  CHECK(run.run(e, 5, 6).front() == r);
  CHECK(run.lost(e, 5, outcome::hang).faults == r.faults);
  trial_record by_hand = run.run_with(all);
  CHECK(by_hand.faults.size() == all.size());
  shorten_fault_list(by_hand);
  by_hand.number = 5;
  CHECK(by_hand == r);
}
