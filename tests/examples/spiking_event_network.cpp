// SPDX-License-Identifier: MIT

// The network that this project has trained on events, from its file.

#include "spiking/event_network.hpp"

#include "catch.hpp"
#include "demo/data.hpp"
#include "refusals.hpp"
#include "spiking/weights_file.hpp"

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

const std::filesystem::path weights =
    std::filesystem::path(SPIKING_DATA_DIRECTORY) / "event_network.safetensors";

/// What data/README.md says of the first 200 test images.
constexpr std::size_t images = 200;
constexpr int stated_correct = 176;

/// A file of its own, which goes away at the end.
class scratch_file {
public:
  explicit scratch_file(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              (std::to_string(std::random_device{}()) + "_" + name)) {}
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  ~scratch_file() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("spiking: the shipped weights classify as many images as is stated") {
  const auto test = demo::load_test_set(DEMO_DATA_DIRECTORY);
  auto net = spiking::load_event_network(weights);
  int correct = 0;
  for (std::size_t i = 0; i < images; ++i) {
    const auto seen = spiking::event_frames(
        std::span(test.pixels).subspan(i * test.image_size(), test.image_size()));
    const auto scores = spiking::scores_of<float>(net, seen.values, spiking::over_time::summed);
    correct += spiking::best_class<float>(scores) == test.labels[i] ? 1 : 0;
  }
  // Another instruction set rounds differently, and a membrane within rounding
  // of its threshold may then fire a step earlier or later; that moves an image
  // only if its two best scores are close.
  CHECK(std::abs(correct - stated_correct) <= 2);
}

TEST_CASE("spiking: the file of the shipped weights is small and says how they "
          "were made") {
  CHECK(std::filesystem::file_size(weights) < 1'000'000);
  const auto file = spiking::read_weights(weights);
  CHECK(file.metadata.at("trained_with").find("spiking_train --epochs") == 0);
  CHECK(file.metadata.at("accuracy").find(" of 10000 test images") != std::string::npos);
  CHECK(file.tensors.size() == 6);
  CHECK(file.tensors.at("conv2.weight").extents == std::vector<std::size_t>{24, 12, 3, 3});
}

TEST_CASE("spiking: weights come back from a file as they were written") {
  const scratch_file file("bitfault_spiking_weights.safetensors");
  const std::vector<float> a{1.0F, -2.5F, 3.0F}, b{0.125F};
  spiking::write_weights(file.path(), {{"a", {3, 1}, a}, {"b", {}, b}}, {{"key", "va\"lue"}});
  const auto again = spiking::read_weights(file.path());
  CHECK(again.floats("a", {3, 1}) == a);
  CHECK(again.floats("b", {}) == b);
  CHECK(again.metadata.at("key") == "va\"lue");
  demo_tests::check_refused([&] { (void)again.floats("c", {}); }, {file.path().string(), "'c'"});
  demo_tests::check_refused([&] { (void)again.floats("a", {3}); }, {"'a'", "[3,1]", "[3]"});
}

TEST_CASE("spiking: a file of weights that is none is refused with its name") {
  const scratch_file file("bitfault_spiking_bad.safetensors");
  const std::string good = read(weights);
  const auto load = [&] { (void)spiking::load_event_network(file.path()); };
  const std::string name = file.path().string();
  demo_tests::check_refused(load, {name, "opened"});
  file.write(good.substr(0, 5));
  demo_tests::check_refused(load, {name, "truncated"});
  file.write(good.substr(0, 100));
  demo_tests::check_refused(load, {name, "truncated"});
  file.write(good.substr(0, good.size() - 1));
  demo_tests::check_refused(load, {name, "truncated"});
  std::string bad = good;
  bad[8] = '[';
  file.write(bad);
  demo_tests::check_refused(load, {name, "header"});
  bad = good;
  bad.replace(bad.find("\"conv2.weight\""), 14, "\"conv9.weight\"");
  file.write(bad);
  demo_tests::check_refused(load, {name, "'conv2.weight'"});
  bad = good;
  bad.replace(bad.find("[24,12,3,3]"), 11, "[12,24,3,3]");
  file.write(bad);
  demo_tests::check_refused(load, {name, "'conv2.weight'", "[12,24,3,3]"});
  const std::vector<float> one{1.0F};
  auto tensors = spiking::read_weights(weights);
  std::vector<spiking::float_tensor> list{{"extra", {1}, one}};
  std::vector<std::vector<float>> kept;
  kept.reserve(tensors.tensors.size());
  for (const auto& [key, tensor] : tensors.tensors) {
    kept.push_back(tensors.floats(key, tensor.extents));
    list.push_back({key, tensor.extents, kept.back()});
  }
  spiking::write_weights(file.path(), list, {});
  demo_tests::check_refused(load, {name, "'extra'"});
}
