// SPDX-License-Identifier: MIT

// Image and weight files of the demo network: bad ones are refused with the name and the reason.

#include "demo/data.hpp"
#include "demo/network.hpp"

#include "catch.hpp"
#include "refusals.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace {

using demo_tests::check_refused;
namespace fs = std::filesystem;

const fs::path data = DEMO_DATA_DIRECTORY;

/// A folder of its own for each test, gone afterwards.
class folder {
public:
  folder() {
    std::random_device seed;
    do {
      path_ = fs::temp_directory_path() / ("bitfault_demo_files_" + std::to_string(seed()));
    } while (!fs::create_directory(path_));
  }
  ~folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  [[nodiscard]] fs::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }

private:
  fs::path path_;
};

[[nodiscard]] std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

[[nodiscard]] std::string words(const std::vector<std::uint32_t>& values) {
  std::string result;
  for (const auto v : values) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      result += static_cast<char>(v >> shift & 255U);
    }
  }
  return result;
}

[[nodiscard]] std::string image_file(std::uint32_t count) {
  return words({0x803, count, 2, 3}) + std::string(count * 6, '\x33');
}

[[nodiscard]] std::string label_file(std::uint32_t count) {
  return words({0x801, count}) + std::string(count, '\x01');
}

/// A weights file out of a header and as many zero bytes as asked for.
[[nodiscard]] std::string weights_file(const std::string& header, std::size_t zeros) {
  const std::uint64_t length = header.size();
  std::string result(sizeof length, '\0');
  std::memcpy(result.data(), &length, sizeof length);
  return result + header + std::string(zeros, '\0');
}

[[nodiscard]] std::string replaced(std::string text, const std::string& from,
                                   const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("images and labels are read, compressed or not") {
  const folder at;
  const auto set =
      demo::load_images(at.write("images", image_file(4)), at.write("labels", label_file(4)));
  CHECK(set.count() == 4);
  CHECK(set.rows == 2);
  CHECK(set.columns == 3);
  CHECK(set.normalized(1, 3) == std::vector<float>(18, 51.0F / 255.0F));
  CHECK_THROWS_AS(set.normalized(2, 3), std::out_of_range);
  CHECK_THROWS_AS(set.normalized(static_cast<std::size_t>(-1), 2), std::out_of_range);

  const auto test = demo::load_test_set(data);
  CHECK(test.count() == 10000);
  CHECK(test.image_size() == 784);
  for (int label = 0; label < 10; ++label) {
    CHECK(std::count(test.labels.begin(), test.labels.end(), label) == 1000);
  }
}

TEST_CASE("a bad image or label file is refused with its name and the reason") {
  const folder at;
  const auto images = at.write("images", image_file(4));
  const auto labels = at.write("labels", label_file(4));
  const auto compressed = bytes_of(data / "t10k-labels-idx1-ubyte.gz");
  REQUIRE(compressed.size() > 1000);

  const auto refuse_images = [&](const std::string& bytes, const std::string& reason) {
    const auto path = at.write("bad_images", bytes);
    check_refused([&] { static_cast<void>(demo::load_images(path, labels)); },
                  {"bad_images", reason});
  };
  const auto refuse_labels = [&](const std::string& bytes, const std::string& reason) {
    const auto path = at.write("bad_labels", bytes);
    check_refused([&] { static_cast<void>(demo::load_images(images, path)); },
                  {"bad_labels", reason});
  };
  refuse_images("", "truncated");
  refuse_images(image_file(4).substr(0, 10), "truncated");
  refuse_images(image_file(4).substr(0, 30), "truncated");
  refuse_images(image_file(4) + "x", "bytes after the 24");
  refuse_images(label_file(4), "wrong magic number 2049");
  refuse_images(words({0x803, 4, 0, 3}), "0 x 3");
  refuse_images(words({0x803, 0xFFFFFFFF, 4096, 4096}), "truncated");

  auto flipped = compressed;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x10);
  refuse_labels(label_file(5), "5 labels for the 4 images");
  refuse_labels(image_file(4), "wrong magic number 2051");
  refuse_labels(label_file(4).substr(0, 9), "truncated");
  refuse_labels(compressed.substr(0, compressed.size() / 2), "truncated");
  refuse_labels(flipped, "cannot be read");
  check_refused([&] { static_cast<void>(demo::load_images(at / "nowhere", labels)); },
                {"nowhere", "cannot be opened"});
}

TEST_CASE("weights that are saved are loaded again bit for bit") {
  const folder at;
  demo::network net;
  std::uint32_t bits = 0x7FBFFFF0; // NaN payloads included
  for (const auto& tensor : net.parameters()) {
    for (auto& x : tensor.data) {
      std::memcpy(&x, &(bits += 0x9E3779B9), sizeof x);
    }
  }
  const std::map<std::string, std::string> metadata{{"a \"quoted\" key", "back\\slash\nline"}};
  demo::save_network(at / "weights", net, metadata);
  auto loaded = demo::load_network(at / "weights");
  const auto expected = net.parameters();
  const auto got = loaded.parameters();
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(std::memcmp(got[i].data.data(), expected[i].data.data(), got[i].data.size_bytes()) == 0);
  }
  CHECK(demo::read_metadata(at / "weights") == metadata);
  check_refused([&] { demo::save_network(at / "no" / "folder", net, {}); }, {"folder"});
}

TEST_CASE("a bad weights file is refused with its name and the reason") {
  const folder at;
  const auto good = bytes_of(data / "demo_network.safetensors");
  REQUIRE(good.size() > 35112);
  const auto data_bytes = std::size_t{4 * 8778};
  const auto header = good.substr(8, good.size() - 8 - data_bytes);
  CHECK_NOTHROW(demo::load_network(at.write("good", weights_file(header, data_bytes))));

  const auto refuse = [&](const std::string& bytes, const std::string& reason) {
    const auto path = at.write("bad_weights", bytes);
    check_refused([&] { static_cast<void>(demo::load_network(path)); }, {"bad_weights", reason});
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    return weights_file(replaced(header, from, to), data_bytes);
  };
  refuse("", "truncated");
  refuse(good.substr(0, 5), "truncated");
  refuse(good.substr(0, 200), "truncated");
  refuse(good.substr(0, good.size() - 1), "truncated: tensor 'dense.bias'");
  refuse(std::string("not a weights file, but longer than eight bytes"), "no safetensors file");
  refuse(weights_file("", 0), "'{' expected");
  refuse(weights_file("{}", 0), "has no tensor 'conv1.weight'");
  refuse(weights_file("{}}", 0), "after the closing brace");
  refuse(weights_file("{\"a", 0), "'\"' expected");
  refuse(weights_file("{\"a\\", 0), "escape");
  refuse(weights_file("{\"a\":{\"shape\":[99999999999999999999]}}", 0), "too large");
  refuse(weights_file("{\"a\":{\"shape\":[-1]}}", 0), "a number expected");
  refuse(with("conv2.weight", "conv9.weight"), "has no tensor 'conv2.weight'");
  refuse(with("[8,1,3,3]", "[8,1,9,1]"), "'conv1.weight' is [8,1,9,1], it must be [8,1,3,3]");
  refuse(with("F32", "F16"), "type 'F16'");
  refuse(with("[0,288]", "[0,284]"), "must take 288 bytes");
  refuse(with("[0,288]", "[288,0]"), "must take 288 bytes");
  refuse(with("[0,288]", "[900000,900288]"), "truncated");
  refuse(with("\"conv1.weight\":", "\"x\":{},\"conv1.weight\":"), "'x' is none");
  refuse(with("\"conv1.bias\":", "\"conv1.weight\":"), "two tensors named 'conv1.weight'");
  check_refused([&] { static_cast<void>(demo::load_network(at / "nowhere")); },
                {"cannot be opened"});
}
