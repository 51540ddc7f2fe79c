// SPDX-License-Identifier: MIT

// Lines, sparse values and fixed-point words behind a spiking network: golden runs are what they
// were, and each fault is what it is when it is made in the network by hand.

#include "../../examples/spiking/campaign/hardware_model.hpp"

#include "catch.hpp"

#include <bitfault/campaign/campaign.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
using spiking::hardware;
using spiking::hardware_model;
using spiking::index_t;
using spiking::neurons;
using spiking::reset_kind;

constexpr std::size_t recordings = 6, steps = 7, hidden = 12, classes = 3;
constexpr spiking::shape input{1, 4, 4};
constexpr auto frame = static_cast<std::size_t>(input.size());

[[nodiscard]] spiking::network<float> small_network() {
  std::mt19937 engine(5);
  const auto connections = [&](index_t out, index_t in) {
    spiking::synapses<float> result(out, in);
    for (index_t i = 0; i < out * in; ++i)
      result.weight.data()[i] = 1.1F * (static_cast<float>(engine() % 256) / 128.0F - 0.75F);
    return result;
  };
  const auto leaky = [](spiking::neuron_rule rule, index_t count) {
    neurons<float> group(rule, count);
    std::fill(group.leak.begin(), group.leak.end(), 0.75F);
    return group;
  };
  spiking::network<float> net(input);
  net.add("first", spiking::dense<float>{connections(hidden, input.size())});
  net.add("lif1", leaky({.reset = reset_kind::by_subtraction}, hidden));
  // So small that a word of Q7.24 has few digits of what it gives.
  auto small = connections(classes, hidden);
  small.weight *= 0x1p-16F;
  net.add("dense", spiking::dense<float>{small});
  net.add("readout", leaky({.reset = reset_kind::never}, classes));
  return net;
}

[[nodiscard]] std::shared_ptr<const spiking::labelled_frames> some_frames() {
  std::mt19937 random(4);
  auto result = std::make_shared<spiking::labelled_frames>();
  result->steps = steps;
  for (std::size_t i = 0; i < recordings * steps * frame; ++i)
    result->values.push_back(random() % 3 == 0 ? static_cast<float>(1 + random() % 2) : 0.0F);
  for (std::size_t i = 0; i < recordings; ++i)
    result->labels.push_back(static_cast<std::uint32_t>(i % classes));
  return result;
}

/// Scores of all recordings, with `after(step, layer number, layer, network)` after each layer.
template <class After>
[[nodiscard]] std::vector<float> by_hand(const After& after) {
  const auto inputs = some_frames();
  std::vector<float> expected;
  for (std::size_t one = 0; one < recordings; ++one) {
    auto net = small_network();
    std::vector<float> scores(classes);
    for (std::size_t t = 0; t < steps; ++t) {
      const auto seen = std::span(inputs->values).subspan((one * steps + t) * frame, frame);
      const auto out =
          net.step(seen, [&](std::size_t, auto& layer) { after(t, layer.name, layer, net); });
      for (std::size_t c = 0; c < classes; ++c)
        scores[c] = t == 0 ? out[c] : scores[c] + out[c];
    }
    expected.insert(expected.end(), scores.begin(), scores.end());
  }
  return expected;
}

[[nodiscard]] bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// What the model gives with a word written into one element of a target; and its golden scores.
struct model_scores {
  std::vector<float> golden, faulty;
};
[[nodiscard]] model_scores with_fault(hardware parts, const std::string& target,
                                      std::uint64_t element, std::uint32_t word, bool shortcuts) {
  bc::settings s;
  s.start_at_fault = s.stop_if_masked = shortcuts;
  hardware_model model(small_network(), some_frames(), 1, spiking::over_time::summed, parts);
  bc::judge judge(bc::classification_criteria(), "sdc_1");
  const bc::golden_run golden(model, s, judge);
  bc::runner<hardware_model> run(model, golden, s, judge, {});
  const auto at = bc::find_targets(golden.targets(), {target});
  REQUIRE(at.size() == 1);
  model_scores result;
  (void)run.run_with({{static_cast<std::uint32_t>(at[0]),
                       {element, 0xFFFFFFFFU, word, bitfault::fault_action::write},
                       0,
                       0}},
                     [&](std::uint64_t input_number, const std::byte* row) {
                       const auto* is = reinterpret_cast<const float*>(row);
                       result.faulty.insert(result.faulty.end(), is, is + classes);
                       const auto* was =
                           reinterpret_cast<const float*>(golden.output(input_number));
                       result.golden.insert(result.golden.end(), was, was + classes);
                     });
  // And afterwards it is as if there had been no fault.
  std::vector<float> again;
  (void)run.run_with({}, [&](std::uint64_t, const std::byte* row) {
    const auto* is = reinterpret_cast<const float*>(row);
    again.insert(again.end(), is, is + classes);
  });
  CHECK(same_bits(again, result.golden));
  return result;
}

constexpr std::uint32_t word_of(float x) { return std::bit_cast<std::uint32_t>(x); }

/// The faulty scores are those of `after`, with and without shortcuts, and no fault is none.
template <class After>
void check_fault(hardware parts, const std::string& target, std::uint64_t element,
                 std::uint32_t word, const After& after) {
  CAPTURE(target, element, word);
  const auto expected = by_hand(after);
  const auto golden = by_hand([](auto&&...) {});
  CHECK(!same_bits(expected, golden)); // the fault shows
  for (const bool shortcuts : {true, false}) {
    const auto seen = with_fault(parts, target, element, word, shortcuts);
    CHECK(same_bits(seen.golden, golden));
    CHECK(same_bits(seen.faulty, expected));
  }
}

} // namespace

TEST_CASE("spiking: words in Q7.24 are those of the library's format") {
  constexpr auto codec = bitfault::formats::fixed_point<7, 24>{}.codec<float>();
  std::mt19937 random(1);
  std::vector<float> values{0.0F,
                            -0.0F,
                            0x1p-24F,
                            0x1p-25F,
                            0x1.8p-24F,
                            127.5F,
                            128.0F,
                            -128.F,
                            1e30F,
                            -1e30F,
                            std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()};
  for (int i = 0; i < 20000; ++i)
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
  for (int i = 0; i < 20000; ++i)
    values.push_back(static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-24F);
  int wrong = 0;
  for (const float x : values) {
    const std::int32_t word = spiking::to_fixed_point(x);
    wrong += static_cast<std::uint32_t>(word) == codec.encode(word_of(x)) ? 0 : 1;
    wrong +=
        word_of(spiking::from_fixed_point(word)) == codec.decode(static_cast<std::uint32_t>(word))
            ? 0
            : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("spiking: a stuck line gives its value in every step, whatever the neuron does") {
  for (const float stuck : {0.0F, 1.0F, -0.5F})
    check_fault(hardware::lines, "lif1.output", 3, word_of(stuck),
                [&](std::size_t, const std::string& name, auto& layer, auto&) {
                  if (name == "lif1")
                    layer.activation[3] = stuck;
                });
}

TEST_CASE("spiking: a late spike comes later, and is lost where another one is or time ends") {
  for (const std::int32_t delay : {1, 3, 4, 5, -1}) {
    for (std::size_t step = 0; step < steps; ++step) {
      // The element of the fault: a neuron that fires in that step in at least one recording.
      std::vector<int> fires(hidden);
      (void)by_hand([&](std::size_t t, const std::string& name, auto& layer, auto&) {
        for (std::size_t i = 0; name == "lif1" && t == step && i < hidden; ++i)
          fires[i] += layer.activation[i] != 0 ? 1 : 0;
      });
      const auto neuron =
          static_cast<std::size_t>(std::max_element(fires.begin(), fires.end()) - fires.begin());
      if (fires[neuron] == 0)
        continue;
      float waiting = 0;
      check_fault(hardware::lines, "lif1.delay", step * hidden + neuron,
                  static_cast<std::uint32_t>(delay),
                  [&](std::size_t t, const std::string& name, auto& layer, auto&) {
                    if (name != "lif1")
                      return;
                    float& now = layer.activation[neuron];
                    if (t == step) {
                      waiting = now;
                      now = 0;
                    } else if (delay > 0 && delay <= 4 &&
                               t == step + static_cast<std::size_t>(delay) && now == 0) {
                      now = waiting;
                    }
                  });
    }
  }
}

TEST_CASE("spiking: the value of a spike counts where there is a spike, and nowhere else") {
  const auto at = std::string("lif1.value@3");
  std::size_t shows = 0;
  for (std::size_t neuron = 0; neuron < hidden; ++neuron) {
    const auto expected = by_hand([&](std::size_t t, const std::string& name, auto& layer, auto&) {
      if (name == "lif1" && t == 3 && layer.activation[neuron] != 0)
        layer.activation[neuron] = -2.5F;
    });
    const auto seen = with_fault(hardware::words, at, neuron, word_of(-2.5F), true);
    CHECK(same_bits(seen.faulty, expected));
    shows += same_bits(seen.faulty, seen.golden) ? 0U : 1U;
  }
  CHECK(shows > 0); // some neurons fire in that step
  CHECK(shows < hidden);
}

TEST_CASE("spiking: neurons read the fixed-point word that a fault has changed") {
  for (const float value : {0.5F, -3.25F, 127.0F})
    check_fault(hardware::words, "first.word@2", 5,
                static_cast<std::uint32_t>(spiking::to_fixed_point(value)),
                [&](std::size_t t, const std::string& name, auto& layer, auto&) {
                  if (name == "first" && t == 2)
                    layer.activation[5] = value;
                });
}

TEST_CASE("spiking: what no fault has changed is not rounded to fixed point") {
  check_fault(hardware::words, "dense.word@1", 0,
              static_cast<std::uint32_t>(spiking::to_fixed_point(0.5F)),
              [](std::size_t t, const std::string& name, auto& layer, auto&) {
                if (name == "dense" && t == 1)
                  layer.activation[0] = 0.5F;
              });
}

TEST_CASE("spiking: a synapse of two bits has four weights") {
  auto net = small_network();
  const auto& weight = std::get<spiking::dense<float>>(net.at("first").kind).connections.weight;
  const float largest = weight.cwiseAbs().maxCoeff();
  int shows = 0;
  for (index_t synapse = 0; synapse < weight.size(); synapse += 13) {
    const float value = weight.data()[synapse];
    float nearest = largest; // of -largest, -largest/3, largest/3, largest
    for (const float one : {-largest, -largest / 3, largest / 3})
      nearest = std::abs(one - value) < std::abs(nearest - value) ? one : nearest;
    auto changed = small_network();
    std::get<spiking::dense<float>>(changed.at("first").kind).connections.weight.data()[synapse] =
        nearest;
    const auto inputs = some_frames();
    std::vector<float> by_network;
    for (std::size_t one = 0; one < recordings; ++one) {
      const auto scores = spiking::scores_of<float>(
          changed, std::span(inputs->values).subspan(one * steps * frame, steps * frame),
          spiking::over_time::summed);
      by_network.insert(by_network.end(), scores.begin(), scores.end());
    }
    const auto seen = with_fault(hardware::lines, "first.bits", static_cast<std::uint64_t>(synapse),
                                 2, synapse % 2 == 0);
    REQUIRE(seen.faulty.size() == by_network.size());
    shows += same_bits(seen.faulty, seen.golden) ? 0 : 1;
    for (std::size_t i = 0; i < by_network.size(); ++i)
      CHECK(seen.faulty[i] == Approx(by_network[i]).epsilon(1e-4));
  }
  CHECK(shows > 2); // of 15
}

TEST_CASE("spiking: every part of the hardware is live, and skipping changes no record") {
  for (const hardware parts : {hardware::lines, hardware::words}) {
    for (const char* targets : {"lif1*", "*"}) {
      std::vector<std::vector<bc::trial_record>> records;
      for (const bool shortcuts : {true, false}) {
        bc::settings s;
        s.start_at_fault = s.stop_if_masked = s.share_batches = shortcuts;
        bc::experiment e;
        e.name = "e";
        e.targets = {targets};
        e.trials = 400;
        bc::campaign<hardware_model> c(
            [&] {
              return std::make_unique<hardware_model>(small_network(), some_frames(), 3,
                                                      spiking::over_time::summed, parts);
            },
            s, {e});
        if (shortcuts)
          CHECK_NOTHROW(c.require_live_targets());
        records.push_back(c.make_runner()->run(c.experiments()[0], 0, 400));
      }
      CHECK(records[0] == records[1]);
      std::set<std::string> outcomes;
      for (const bc::trial_record& r : records[0])
        outcomes.insert(r.outcomes_by_input);
      CHECK(outcomes.size() > 1);
    }
  }
}
