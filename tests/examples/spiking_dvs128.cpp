// SPDX-License-Identifier: MIT

// enpheeph's network for DVS128 Gesture: its shapes, what norse computes for it, and a campaign on
// recordings in files.

#include "../../examples/spiking/campaign/spiking_model.hpp"
#include "spiking/dvs128_network.hpp"
#include "spiking/events/aedat.hpp"
#include "spiking/events/binning.hpp"
#include "spiking/events/simulated_gestures.hpp"

#include "catch.hpp"
#include "refusals.hpp"

#include <bitfault/campaign/campaign.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
namespace fs = std::filesystem;
using spiking::over_time;
using spiking::shape;

/// Numbers from 0 to 63, as in oracles/norse_dvs128.py.
[[nodiscard]] int mixed(std::size_t i, std::uint64_t seed) {
  return static_cast<int>(static_cast<std::uint32_t>((i + seed * 1'000'003) * 2'654'435'761U) >>
                          26U);
}

[[nodiscard]] spiking::dvs128_parameters<double> known_parameters() {
  spiking::dvs128_parameters<double> result;
  const auto fill = [](auto& layer, std::uint64_t seed, double scale) {
    for (spiking::index_t i = 0; i < layer.weight.size(); ++i)
      layer.weight.data()[i] = (mixed(static_cast<std::size_t>(i), seed) - 28) / scale;
    for (spiking::index_t i = 0; i < layer.bias.size(); ++i)
      layer.bias[i] = (mixed(static_cast<std::size_t>(i), seed + 10) - 32) / 1024.0;
  };
  fill(result.conv1, 1, 16);
  fill(result.conv2, 2, 64);
  fill(result.dense1, 3, 256);
  fill(result.dense2, 4, 128);
  return result;
}

[[nodiscard]] std::vector<double> known_frames(std::size_t steps) {
  std::vector<double> result;
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t y = 0; y < 32; ++y)
      for (std::size_t x = 0; x < 32; ++x) {
        const bool seen = (x + t) % 8 < 3 && (y / 4 + t / 3) % 3 == 0;
        result.push_back(seen ? mixed(result.size(), 5) % 24 / 16.0 : 0.0);
      }
  return result;
}

/// A folder of its own with recordings of simulated gestures, which goes away at the end.
class gesture_folder {
public:
  explicit gesture_folder(const std::string& name) {
    std::random_device seed;
    do {
      path_ = fs::temp_directory_path() / ("bitfault_" + name + "_" + std::to_string(seed()));
    } while (!fs::create_directory(path_));
  }
  gesture_folder(const gesture_folder&) = delete;
  gesture_folder& operator=(const gesture_folder&) = delete;
  ~gesture_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

  void add(const std::string& name, const spiking::labelled_recording& made) const {
    spiking::write_aedat(path_ / (name + ".aedat"), made.seen);
    std::ofstream rows(path_ / (name + "_labels.csv"));
    rows << "class,startTime_usec,endTime_usec\n";
    for (const auto& l : made.labels)
      rows << l.gesture << ',' << l.start_microseconds << ',' << l.end_microseconds << '\n';
  }

private:
  fs::path path_;
};

} // namespace

TEST_CASE("spiking: enpheeph's network for DVS128 Gesture has its published shapes") {
  auto parameters = spiking::untrained_dvs128(1);
  const auto net = spiking::make_dvs128_network(parameters);
  CHECK(net.input() == shape{1, 32, 32});
  const std::vector<std::pair<std::string, shape>> expected{
      {"conv1", {32, 32, 32}}, {"lif1", {32, 32, 32}}, {"pool1", {32, 16, 16}},
      {"conv2", {32, 16, 16}}, {"lif2", {32, 16, 16}}, {"pool2", {32, 8, 8}},
      {"dense1", {500, 1, 1}}, {"relu", {500, 1, 1}},  {"dense2", {11, 1, 1}},
      {"readout", {11, 1, 1}}};
  REQUIRE(net.layers().size() == expected.size());
  for (std::size_t n = 0; n < expected.size(); ++n) {
    CHECK(net.layers()[n].name == expected[n].first);
    CHECK(net.layers()[n].output == expected[n].second);
  }
  std::size_t values = 0;
  for (const auto& t : parameters.tensors())
    values += t.data.size();
  CHECK(values == 32 * 9 + 32 + 32 * 32 * 9 + 32 + 2048 * 500 + 500 + 500 * 11 + 11);
}

TEST_CASE("spiking: the network for DVS128 Gesture computes what norse 0.0.7 computes") {
  const std::vector<int> lif1{0,   0,    51,   624,  729,  609,  864,  871,
                              723, 1192, 1702, 1905, 1702, 1684, 1613, 1448};
  const std::vector<int> lif2{0,   0,   0,   0,   0,    0,    30,   220,
                              428, 469, 592, 830, 1399, 1422, 1706, 1917};
  const std::vector<double> largest{64.49536149215405,  62.7893343391461,  63.66892090551251,
                                    62.713253366643144, 64.0149536114195,  62.97352620525851,
                                    61.651903540006735, 62.58957090351723, 63.98676757317861,
                                    63.10107678906327,  64.49365735519471};
  auto net = spiking::make_dvs128_network(known_parameters());
  const auto frames = known_frames(lif1.size());
  std::vector<int> fired1, fired2;
  for (std::size_t t = 0; t < lif1.size(); ++t)
    (void)net.step(std::span(frames).subspan(t * 1024, 1024),
                   [&](std::size_t, const spiking::layer<double>& one) {
                     const auto spikes = static_cast<int>(
                         std::accumulate(one.activation.begin(), one.activation.end(), 0.0));
                     if (one.name == "lif1")
                       fired1.push_back(spikes);
                     if (one.name == "lif2")
                       fired2.push_back(spikes);
                   });
  CHECK(fired1 == lif1);
  CHECK(fired2 == lif2);
  const auto scores = spiking::scores_of<double>(net, frames, over_time::largest);
  for (std::size_t c = 0; c < largest.size(); ++c)
    CHECK(scores[c] == Approx(largest[c]).epsilon(1e-12));
}

TEST_CASE("spiking: weights for DVS128 Gesture come back from a file") {
  const gesture_folder folder("dvs128_weights");
  auto parameters = spiking::untrained_dvs128(7);
  std::vector<spiking::float_tensor> tensors;
  for (const auto& t : parameters.tensors())
    tensors.push_back({t.name, t.extents, t.data});
  const auto file = folder.path() / "w.safetensors";
  spiking::write_weights(file, tensors, {});
  auto loaded = spiking::load_dvs128_network(file);
  auto made = spiking::make_dvs128_network(parameters);
  std::vector<float> frames;
  for (const double x : known_frames(12))
    frames.push_back(static_cast<float>(x));
  const auto scores = spiking::scores_of<float>(made, frames, over_time::largest);
  CHECK(spiking::scores_of<float>(loaded, frames, over_time::largest) == scores);
  CHECK(*std::max_element(scores.begin(), scores.end()) != 0);
  tensors.pop_back();
  spiking::write_weights(file, tensors, {});
  demo_tests::check_refused([&] { (void)spiking::load_dvs128_network(file); },
                            {file.string(), "'dense2.bias'"});
  CHECK(spiking::untrained_dvs128(7).conv2.weight == parameters.conv2.weight);
  CHECK(spiking::untrained_dvs128(8).conv2.weight != parameters.conv2.weight);
}

TEST_CASE("spiking: a folder of recordings becomes the frames of DVS128 Gesture") {
  const gesture_folder folder("dvs128_frames");
  const auto a = spiking::simulate_gestures(0, 100), b = spiking::simulate_gestures(1, 100);
  folder.add("user02_led", b);
  folder.add("user01_led", a);
  const auto frames = spiking::load_dvs128_frames(folder.path(), 6, 13);
  CHECK(frames.steps == 6);
  std::vector<std::uint32_t> labels(13);
  for (std::uint32_t i = 0; i < 13; ++i)
    labels[i] = i % 11;
  CHECK(frames.labels == labels);
  REQUIRE(frames.values.size() == 13 * 6 * 1024U);

  // By hand: a layer that takes means, on all 128 x 128 pixels of the thirteenth, b's second one.
  spiking::recording seen{128, 128, {}};
  const std::int64_t start = b.labels[1].start_microseconds;
  for (const auto& e : b.seen.events) {
    if (e.microseconds >= start && e.microseconds < b.labels[1].end_microseconds)
      seen.events.push_back({e.microseconds - start, e.x, e.y, e.polarity});
  }
  const auto pixels =
      spiking::bin_by_time(seen, {0, 25'000, 6}, {.polarity = spiking::polarity_channels::merged});
  spiking::network<float> mean({1, 128, 128});
  mean.add("mean", spiking::pooling{spiking::pooling_kind::average, {4, 4, 0}});
  float sum = 0;
  for (std::size_t t = 0; t < 6; ++t) {
    const auto cells = mean.step(std::span(pixels.values).subspan(t * 16384, 16384));
    const auto loaded = std::span(frames.values).subspan((12 * 6 + t) * 1024, 1024);
    CHECK(std::equal(cells.begin(), cells.end(), loaded.begin()));
    const float total = std::accumulate(cells.begin(), cells.end(), 0.0F);
    CHECK((t < 4 ? total > 0 : total == 0)); // 100 ms, and then nothing more
    sum += total;
  }
  CHECK(sum == static_cast<float>(seen.events.size()) / 16);
}

TEST_CASE("spiking: a folder without readable recordings is refused by its name") {
  const gesture_folder folder("dvs128_refused");
  const auto load = [&] { (void)spiking::load_dvs128_frames(folder.path(), 6); };
  demo_tests::check_refused(load, {folder.path().string(), "no recording"});
  const auto nowhere = folder.path() / "nowhere";
  demo_tests::check_refused([&] { (void)spiking::load_dvs128_frames(nowhere, 6); },
                            {nowhere.string(), "No such file"});
  auto made = spiking::simulate_gestures(0, 10);
  folder.add("user01_led", made);
  CHECK_NOTHROW(load());
  made.labels.back().end_microseconds += 10'000'000;
  folder.add("user01_led", made);
  demo_tests::check_refused(load, {"user01_led_labels.csv: line 12", "outside the recording"});
  made.labels.clear();
  folder.add("user01_led", made);
  demo_tests::check_refused(load, {folder.path().string(), "no labelled gesture"});
  fs::remove(folder.path() / "user01_led_labels.csv");
  demo_tests::check_refused(load, {"user01_led_labels.csv", "opened"});
  std::ofstream(folder.path() / "user01_led.aedat") << "no recording";
  demo_tests::check_refused(load, {"user01_led.aedat: byte 0"});
}

TEST_CASE("spiking: a campaign on enpheeph's network, from recordings in files to verdicts") {
  const gesture_folder folder("dvs128_campaign");
  folder.add("user01_led", spiking::simulate_gestures(3, 350));
  const auto inputs =
      std::make_shared<spiking::labelled_frames>(spiking::load_dvs128_frames(folder.path(), 14, 3));
  std::vector<std::vector<bc::trial_record>> records;
  for (const bool shortcuts : {true, false}) {
    bc::settings s;
    s.start_at_fault = s.stop_if_masked = shortcuts;
    spiking::spiking_model model(spiking::make_dvs128_network(spiking::untrained_dvs128(1)), inputs,
                                 1, over_time::largest);
    bc::judge judge(bc::classification_criteria(), "sdc_1");
    const bc::golden_run golden(model, s, judge);
    if (shortcuts) { // the campaign's golden scores are the network's own
      auto net = spiking::make_dvs128_network(spiking::untrained_dvs128(1));
      for (std::size_t i = 0; i < 3; ++i) {
        const auto scores = spiking::scores_of<float>(
            net, std::span(inputs->values).subspan(i * 14 * 1024, 14 * 1024), over_time::largest);
        CHECK(std::memcmp(golden.output(i), scores.data(), 11 * sizeof(float)) == 0);
        CHECK(*std::max_element(scores.begin(), scores.end()) > 0);
      }
    }
    bc::experiment e;
    e.name = "spikes, membranes and weights";
    e.targets = {"lif1@*", "lif2.membrane@*", "conv2@*", "dense1.weight"};
    e.trials = 60;
    const bc::bound_experiment bound(e, 0, 5, golden.targets());
    bc::runner<spiking::spiking_model> run(model, golden, s, judge, {});
    records.push_back(run.run(bound, 0, e.trials));
  }
  CHECK(records[0] == records[1]);
  std::set<std::string> outcomes;
  for (const bc::trial_record& r : records[0])
    outcomes.insert(r.outcomes_by_input);
  CHECK(outcomes.size() > 1); // some faults show, some do not
}
