// SPDX-License-Identifier: MIT

// A spiking network whose time steps are layers of a campaign: the same bits as the network gives,
// faults strike at one step, and what is skipped changes no verdict.

#include "../../examples/spiking/campaign/spiking_model.hpp"

#include "catch.hpp"
#include "refusals.hpp"

#include <bitfault/campaign/campaign.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
using spiking::index_t;
using spiking::neurons;
using spiking::reset_kind;

constexpr std::size_t recordings = 8, steps = 6;
constexpr spiking::shape input{2, 5, 5};
constexpr auto frame = static_cast<std::size_t>(input.size());

class source {
public:
  [[nodiscard]] float operator()() { // [-1, 1)
    return static_cast<float>(engine_() >> 8U) / static_cast<float>(1U << 23U) - 1.0F;
  }

private:
  std::mt19937 engine_{12};
};

/// One layer with a synaptic current and a hard reset, one without, with a soft one and refractory
/// periods of 0 to 2 steps, a readout.
[[nodiscard]] spiking::network<float> small_network() {
  source random;
  const auto connections = [&](index_t out, index_t in) {
    spiking::synapses<float> result(out, in);
    for (index_t i = 0; i < out * in; ++i)
      result.weight.data()[i] = random();
    for (index_t o = 0; o < out; ++o)
      result.bias[o] = 0.125F * random();
    return result;
  };
  const auto leaky = [](spiking::neuron_rule rule, index_t count) {
    neurons<float> group(rule, count);
    std::fill(group.leak.begin(), group.leak.end(), 0.75F);
    std::fill(group.current_leak.begin(), group.current_leak.end(), 0.5F);
    return group;
  };
  spiking::network<float> net(input);
  net.add("conv", spiking::convolution<float>{{3, 2, 1}, connections(3, 18)});
  net.add("lif1", leaky({.reset = reset_kind::to_value, .has_current = true}, 27));
  net.add("hidden", spiking::dense<float>{connections(9, 27)});
  auto refractory = leaky({.reset = reset_kind::by_subtraction}, 9);
  for (std::size_t n = 0; n < 9; ++n)
    refractory.refractory[n] = static_cast<std::int32_t>(n % 3);
  net.add("lif2", refractory);
  net.add("dense", spiking::dense<float>{connections(4, 9)});
  net.add("readout", leaky({.reset = reset_kind::never}, 4));
  return net;
}

[[nodiscard]] std::shared_ptr<const spiking::labelled_frames> some_frames() {
  std::mt19937 random(4);
  auto result = std::make_shared<spiking::labelled_frames>();
  result->steps = steps;
  for (std::size_t i = 0; i < recordings * steps * frame; ++i)
    result->values.push_back(random() % 4 == 0 ? static_cast<float>(random() % 3) : 0.0F);
  for (std::size_t i = 0; i < recordings; ++i)
    result->labels.push_back(static_cast<std::uint32_t>(i % 4));
  return result;
}

[[nodiscard]] std::span<const float> frame_at(const spiking::labelled_frames& of, std::size_t one,
                                              std::size_t step) {
  return std::span(of.values).subspan((one * steps + step) * frame, frame);
}

[[nodiscard]] bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

[[nodiscard]] bc::experiment on(const std::string& targets, std::uint64_t trials) {
  bc::experiment e;
  e.name = "e";
  e.targets = {targets};
  e.trials = trials;
  return e;
}

[[nodiscard]] bc::campaign<spiking::spiking_model>
make_campaign(const bc::experiment& e, bool shortcuts, std::uint64_t batch = 1) {
  const auto inputs = some_frames();
  bc::settings s;
  s.start_at_fault = s.stop_if_masked = s.share_batches = shortcuts;
  return {[=] { return std::make_unique<spiking::spiking_model>(small_network(), inputs, batch); },
          s,
          {e}};
}

} // namespace

TEST_CASE("spiking: a campaign's golden scores are those of the network, bit for bit") {
  static_assert(bc::model<spiking::spiking_model> && bc::runs_layers<spiking::spiking_model>);
  auto net = small_network();
  const auto inputs = some_frames();
  float spikes = 0;
  for (const std::uint64_t batch : {1U, 4U}) {
    const auto c = make_campaign(on("@weights", 1), true, batch);
    for (std::size_t i = 0; i < recordings; ++i) {
      const auto expected = spiking::scores_of<float>(
          net, std::span(inputs->values).subspan(i * steps * frame, steps * frame),
          spiking::over_time::summed);
      CHECK(same_bits({reinterpret_cast<const float*>(c.golden().output(i)), 4}, expected));
      net.reset();
      for (std::size_t t = 0; t < steps; ++t)
        (void)net.step(frame_at(*inputs, i, t), [&](std::size_t, const auto& one) {
          if (one.name == "lif2")
            spikes = std::accumulate(one.activation.begin(), one.activation.end(), spikes);
        });
    }
  }
  CHECK(spikes > 40); // the network is not silent
}

TEST_CASE("spiking: an upset membrane, current or spike at one step is what it is in the network") {
  struct place {
    const char* target;
    std::size_t step, element;
  };
  constexpr std::uint32_t flipped = 0x3F800000U; // all that differs between 0 and 1
  const auto inputs = some_frames();
  int different = 0;
  for (const place& p :
       {place{"lif1.membrane", 0, 3}, place{"lif1.membrane", 3, 20}, place{"lif1.current", 2, 14},
        place{"lif2.membrane", 4, 5}, place{"readout.membrane", 1, 2}, place{"lif1", 2, 7},
        place{"lif2", 0, 1}, place{"lif2", steps - 1, 8}, place{"readout", 3, 0},
        place{"lif2.refractory", 1, 0}, place{"lif2.refractory", 4, 7},
        place{"lif1.refractory", 0, 20}, place{"conv", 1, 13}, place{"hidden", 5, 3},
        place{"dense", 2, 1}}) {
    CAPTURE(p.target, p.step, p.element);
    const std::string name = p.target;
    const bool state = name.find('.') != std::string::npos;
    const std::string group = name.substr(0, name.find('.'));
    const auto flip = [](auto& x) {
      x = std::bit_cast<std::remove_reference_t<decltype(x)>>(std::bit_cast<std::uint32_t>(x) ^
                                                              flipped);
    };
    std::vector<float> expected; // by hand, in the network itself
    auto net = small_network();
    for (std::size_t i = 0; i < recordings; ++i) {
      net.reset();
      std::vector<float> scores(4);
      for (std::size_t t = 0; t < steps; ++t) {
        const auto out = net.step(frame_at(*inputs, i, t), [&](std::size_t, auto& one) {
          if (t == p.step && !state && one.name == group)
            flip(one.activation[p.element]);
        });
        for (std::size_t c = 0; c < 4; ++c)
          scores[c] = t == 0 ? out[c] : scores[c] + out[c];
        if (t == p.step && state) {
          const auto of = net.state_of(net.at(group));
          if (name.ends_with("refractory"))
            flip(of.refractory[p.element]);
          else
            flip(name.ends_with("membrane") ? of.membrane[p.element] : of.current[p.element]);
        }
      }
      expected.insert(expected.end(), scores.begin(), scores.end());
    }

    for (const bool shortcuts : {true, false}) {
      bc::settings s;
      s.start_at_fault = s.stop_if_masked = shortcuts;
      spiking::spiking_model model(small_network(), inputs, 1);
      bc::judge judge(bc::classification_criteria(), "sdc_1");
      const bc::golden_run golden(model, s, judge);
      bc::runner<spiking::spiking_model> run(model, golden, s, judge, {});
      const auto at = bc::find_targets(golden.targets(), {name + "@" + std::to_string(p.step)});
      REQUIRE(at.size() == 1);
      std::vector<float> scores;
      (void)run.run_with({{static_cast<std::uint32_t>(at[0]),
                           {p.element, flipped, 0, bitfault::fault_action::flip},
                           0,
                           0}},
                         [&](std::uint64_t, const std::byte* row) {
                           const auto* four = reinterpret_cast<const float*>(row);
                           scores.insert(scores.end(), four, four + 4);
                         });
      CHECK(same_bits(scores, expected));
      for (std::size_t i = 0; i < recordings; ++i)
        different += same_bits({reinterpret_cast<const float*>(golden.output(i)), 4},
                               std::span(scores).subspan(4 * i, 4))
                         ? 0
                         : 1;
    }
  }
  CHECK(different > 100); // of 240
}

TEST_CASE("spiking: starting late and stopping early change no record of a campaign") {
  for (const char* targets : {"@weights", "@state", "lif1.membrane@*", "lif1.current@*", "lif1@*",
                              "lif2*", "*.refractory@*", "*.refractory_period", "conv@*"}) {
    CAPTURE(targets);
    std::vector<std::vector<bc::trial_record>> records;
    for (const bool shortcuts : {true, false}) {
      bc::settings s;
      s.start_at_fault = s.stop_if_masked = s.share_batches = shortcuts;
      spiking::spiking_model model(small_network(), some_frames(), 4);
      bc::judge judge(bc::classification_criteria(), "sdc_1");
      const bc::golden_run golden(model, s, judge);
      const bc::bound_experiment e(on(targets, 300), 0, 5, golden.targets());
      bc::runner<spiking::spiking_model> run(model, golden, s, judge, {});
      records.push_back(run.run(e, 0, 300));
    }
    CHECK(records[0] == records[1]);
    std::set<std::string> outcomes;
    for (const bc::trial_record& r : records[0])
      outcomes.insert(r.outcomes_by_input);
    CHECK(outcomes.size() > 1); // some faults show, some do not
  }
}

TEST_CASE(
    "spiking: every kind of neuron gives the network's bits, and the same records either way") {
  using rule = spiking::neuron_rule;
  const std::vector<rule> rules{
      {.reset = reset_kind::by_subtraction, .fires_many_times = true},
      {.reset = reset_kind::by_subtraction,
       .fires_at_threshold = false,
       .resets_in_next_step = true},
      {.reset = reset_kind::to_value, .resets_in_next_step = true, .has_current = true},
      {.reset = reset_kind::to_value, .has_current = true, .fires_many_times = true}};
  const auto inputs = some_frames();
  for (std::size_t r = 0; r < rules.size(); ++r) {
    CAPTURE(r);
    const auto make = [&] {
      source random;
      spiking::network<float> net(input);
      spiking::convolution<float, std::int8_t> conv{{3, 2, 1}, {3, 18}};
      for (index_t i = 0; i < conv.connections.weight.size(); ++i)
        conv.connections.weight.data()[i] = static_cast<std::int8_t>(127 * random());
      conv.connections.scale = 0.01F;
      net.add("conv", conv);
      neurons<float> group(rules[r], 27);
      group.rest = 0.125F;
      group.lowest = -0.75F;
      std::fill(group.leak.begin(), group.leak.end(), 0.75F);
      std::fill(group.reset.begin(), group.reset.end(), 0.0625F);
      std::fill(group.refractory.begin() + 20, group.refractory.end(), 1);
      net.add("lif", group);
      net.add("pool", spiking::pooling{spiking::pooling_kind::maximum, {3, 3, 0}});
      net.add("relu", spiking::rectifier{});
      neurons<float> readout({.reset = reset_kind::never, .has_current = true}, 3);
      std::fill(readout.leak.begin(), readout.leak.end(), 0.75F);
      net.add("readout", readout);
      return net;
    };
    auto net = make();
    std::vector<std::vector<bc::trial_record>> records;
    for (const bool shortcuts : {true, false}) {
      bc::settings s;
      s.start_at_fault = s.stop_if_masked = s.share_batches = shortcuts;
      spiking::spiking_model model(make(), inputs, 2, spiking::over_time::largest);
      bc::judge judge(bc::classification_criteria(), "sdc_1");
      const bc::golden_run golden(model, s, judge);
      for (std::size_t i = 0; i < recordings; ++i) {
        const auto expected = spiking::scores_of<float>(
            net, std::span(inputs->values).subspan(i * steps * frame, steps * frame),
            spiking::over_time::largest);
        CHECK(same_bits({reinterpret_cast<const float*>(golden.output(i)), 3}, expected));
      }
      const bc::bound_experiment e(on("*", 300), 0, 5, golden.targets());
      bc::runner<spiking::spiking_model> run(model, golden, s, judge, {});
      records.push_back(run.run(e, 0, 300));
    }
    CHECK(records[0] == records[1]);
    std::set<std::string> outcomes;
    for (const bc::trial_record& t : records[0])
      outcomes.insert(t.outcomes_by_input);
    CHECK(outcomes.size() > 1);
  }
}

TEST_CASE("spiking: every parameter and every layer of the unrolled network is live") {
  auto c = make_campaign(on("*", 1), true);
  CHECK_NOTHROW(c.require_live_targets());
}

TEST_CASE("spiking: a campaign's scores may be the largest in time") {
  auto net = small_network();
  const auto inputs = some_frames();
  bc::settings s;
  spiking::spiking_model model(small_network(), inputs, 1, spiking::over_time::largest);
  bc::judge judge(bc::classification_criteria(), "sdc_1");
  const bc::golden_run golden(model, s, judge);
  for (std::size_t i = 0; i < recordings; ++i) {
    const auto expected = spiking::scores_of<float>(
        net, std::span(inputs->values).subspan(i * steps * frame, steps * frame),
        spiking::over_time::largest);
    CHECK(same_bits({reinterpret_cast<const float*>(golden.output(i)), 4}, expected));
  }
}

TEST_CASE("spiking: what cannot reach the last step's output is no target") {
  const auto inputs = some_frames();
  const spiking::spiking_model model(small_network(), inputs, 1);
  std::set<std::string> names;
  for (const bc::layer& l : model.layers())
    CHECK(names.insert(l.name).second);
  for (const char* there : {"conv@4", "lif1@5", "lif1.current@4", "hidden@5", "lif2.refractory@4",
                            "dense@5", "readout@5", "readout.membrane@4", "scores"})
    CHECK(names.count(there) == 1);
  // lif1 hears conv@5 in its current, and that acts in step 6, which is not there.
  for (const char* not_there : {"conv@5", "lif1.membrane@5", "lif1.current@5", "lif2.membrane@5",
                                "readout.membrane@5", "readout.refractory@0", "lif2.current@0"})
    CHECK(names.count(not_there) == 0);
  // per step: conv, lif1 + 4, hidden, lif2 + 3, dense, readout + 2; in the last one 7 less
  CHECK(names.size() == 1 + steps * 15 - 7 + 1);
}

TEST_CASE("spiking: a network or inputs that do not fit are refused") {
  const auto inputs = some_frames();
  auto open_ended = small_network();
  open_ended.add("more", spiking::dense<float>{spiking::synapses<float>(2, 4)});
  demo_tests::check_refused([&] { spiking::spiking_model(open_ended, inputs, 1); }, {"neurons"});
  auto short_one = std::make_shared<spiking::labelled_frames>(*inputs);
  short_one->values.pop_back();
  demo_tests::check_refused([&] { spiking::spiking_model(small_network(), short_one, 1); },
                            {"2399", "8", "6"});
  auto one_step = std::make_shared<spiking::labelled_frames>(*inputs);
  one_step->steps = 1;
  one_step->values.resize(recordings * frame);
  demo_tests::check_refused([&] { spiking::spiking_model(small_network(), one_step, 1); },
                            {"reach", "1"});
}
