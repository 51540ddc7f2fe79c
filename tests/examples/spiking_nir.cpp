// SPDX-License-Identifier: MIT

// NIR files that the test writes itself: what is read is the network that was written, and what the
// reader does not know is refused.

#ifdef SPIKING_HAS_NIR

#include "spiking/nir_file.hpp"

#include "catch.hpp"
#include "refusals.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using numbers = std::vector<double>;
using sizes = std::vector<hsize_t>;

/// A small graph, written when it goes: input 2 x 4 x 4, conv, IF, pool, flatten, dense, IF.
class nir_writer {
public:
  std::vector<std::pair<std::string, std::string>> edges{
      {"input", "a"}, {"a", "b"}, {"b", "c"}, {"c", "d"}, {"d", "e"}, {"e", "f"}, {"f", "output"}};
  std::string type_of_b = "IF";
  double dilation = 1, pool_stride = 2;
  bool has_weight = true;

  explicit nir_writer(std::filesystem::path path) : path_(std::move(path)) {}
  nir_writer(const nir_writer&) = delete;
  nir_writer& operator=(const nir_writer&) = delete;
  ~nir_writer() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  void write() {
    file_ = H5Fcreate(path_.string().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    REQUIRE(file_ >= 0);
    for (const char* group :
         {"node", "node/nodes", "node/nodes/input", "node/nodes/output", "node/nodes/a",
          "node/nodes/b", "node/nodes/c", "node/nodes/d", "node/nodes/e", "node/nodes/f"})
      H5Gclose(H5Gcreate2(file_, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    std::vector<std::string> ends;
    for (const auto& [from, to] : edges) {
      ends.push_back(from);
      ends.push_back(to);
    }
    put("node/edges", ends, {static_cast<hsize_t>(edges.size()), 2});
    node("input", "Input");
    put("node/nodes/input/shape", numbers{2, 4, 4}, {3});
    node("output", "Output");
    node("a", "Conv2d");
    if (has_weight)
      put("node/nodes/a/weight", weight(3 * 2 * 9), {3, 2, 3, 3});
    put("node/nodes/a/bias", numbers{0.5, -0.25, 0}, {3});
    put("node/nodes/a/stride", numbers{1, 1}, {2});
    put("node/nodes/a/padding", numbers{1, 1}, {2});
    put("node/nodes/a/dilation", numbers{dilation, dilation}, {2});
    put("node/nodes/a/groups", numbers{1}, {});
    node("b", type_of_b);
    put("node/nodes/b/r", numbers(48, 0.5), {3, 4, 4});
    put("node/nodes/b/v_threshold", numbers(48, 2.0), {3, 4, 4});
    node("c", "SumPool2d");
    put("node/nodes/c/kernel_size", numbers{2, 2}, {2});
    put("node/nodes/c/stride", numbers{2, pool_stride}, {2});
    put("node/nodes/c/padding", numbers{0, 0}, {2});
    node("d", "Flatten");
    node("e", "Linear");
    put("node/nodes/e/weight", weight(5 * 12), {5, 12});
    node("f", "IF");
    put("node/nodes/f/r", numbers(5, 1.0), {5});
    put("node/nodes/f/v_threshold", numbers(5, 1.0), {5});
    H5Fclose(file_);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Some multiples of 1/4 from -1 to 1.
  [[nodiscard]] static numbers weight(std::size_t count) {
    numbers result;
    for (std::size_t i = 0; i < count; ++i)
      result.push_back(static_cast<double>(i * 7 % 9) / 4 - 1);
    return result;
  }

private:
  void put_any(const std::string& at, hid_t type, const void* data, const sizes& extents) {
    const hid_t space = extents.empty() ? H5Screate(H5S_SCALAR)
                                        : H5Screate_simple(static_cast<int>(extents.size()),
                                                           extents.data(), nullptr);
    const hid_t set =
        H5Dcreate2(file_, at.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    H5Dclose(set);
    H5Sclose(space);
  }
  void put(const std::string& at, const numbers& values, const sizes& extents) {
    put_any(at, H5T_NATIVE_DOUBLE, values.data(), extents);
  }
  void put(const std::string& at, const std::vector<std::string>& texts, const sizes& extents) {
    std::vector<const char*> pointers;
    for (const auto& t : texts)
      pointers.push_back(t.c_str());
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    put_any(at, type, pointers.data(), extents);
    H5Tclose(type);
  }
  void node(const std::string& name, const std::string& type) {
    put("node/nodes/" + name + "/type", std::vector<std::string>{type}, {});
  }

  std::filesystem::path path_;
  hid_t file_ = -1;
};

/// A file of its own, which is not there yet.
[[nodiscard]] std::filesystem::path scratch(const std::string& name) {
  return std::filesystem::temp_directory_path() /
         (std::to_string(std::random_device{}()) + "_" + name);
}

template <class Set>
void check_refused(const Set& set, const std::vector<std::string>& parts) {
  nir_writer file(scratch("bitfault_spiking_refused.nir"));
  set(file);
  file.write();
  demo_tests::check_refused([&] { (void)spiking::read_nir(file.path()); }, parts);
}

} // namespace

TEST_CASE("spiking: a NIR file is the network that was written") {
  nir_writer file(scratch("bitfault_spiking_written.nir"));
  file.write();
  auto net = spiking::read_nir(file.path());
  CHECK(net.input() == spiking::shape{2, 4, 4});
  CHECK(net.layers().size() == 5); // flattening is no layer

  spiking::network<double> expected({2, 4, 4});
  spiking::synapses<double> conv(3, 18), dense(5, 12);
  const auto w = nir_writer::weight(60);
  std::copy_n(w.begin(), 54, conv.weight.data());
  conv.bias << 0.5, -0.25, 0;
  std::copy_n(w.begin(), 60, dense.weight.data());
  expected.add("a", spiking::convolution<double>{{3, 1, 1}, conv});
  spiking::neurons<double> b({.reset = spiking::reset_kind::by_subtraction}, 48);
  b.gain.assign(48, 0.5);
  b.threshold.assign(48, 2.0);
  expected.add("b", b);
  expected.add("c", spiking::pooling{});
  expected.add("e", spiking::dense<double>{dense});
  expected.add("f", spiking::neurons<double>({.reset = spiking::reset_kind::by_subtraction}, 5));
  double spikes = 0;
  for (std::size_t t = 0; t < 30; ++t) {
    numbers frame(32);
    for (std::size_t i = 0; i < frame.size(); ++i)
      frame[i] = (i * 5 + t * 3) % 7 == 0 ? 1 : 0;
    const auto a = net.step(frame);
    const auto e = expected.step(frame);
    CHECK(numbers(a.begin(), a.end()) == numbers(e.begin(), e.end()));
    for (const double x : a)
      spikes += x;
  }
  CHECK(spikes > 10);
  CHECK(net.state().values == expected.state().values);
}

TEST_CASE("spiking: a NIR file that is none, or has what the reader does not know, is refused") {
  const auto absent = scratch("bitfault_spiking_absent.nir");
  demo_tests::check_refused([&] { (void)spiking::read_nir(absent); }, {absent.string(), "opened"});
  nir_writer text(scratch("bitfault_spiking_text.nir")); // removes it in the end
  std::ofstream(text.path()) << "no HDF5";
  demo_tests::check_refused([&] { (void)spiking::read_nir(text.path()); },
                            {text.path().string(), "HDF5"});

  check_refused([](nir_writer& f) { f.type_of_b = "CubaLIF"; }, {"'b'", "'CubaLIF'"});
  check_refused([](nir_writer& f) { f.dilation = 2; }, {"'a'", "'dilation'", "1"});
  check_refused([](nir_writer& f) { f.pool_stride = 1; }, {"'c'", "'stride'", "axes"});
  check_refused([](nir_writer& f) { f.has_weight = false; }, {"'node/nodes/a/weight'"});
  check_refused([](nir_writer& f) { f.edges.push_back({"b", "d"}); }, {"branches", "'b'"});
  check_refused([](nir_writer& f) { f.edges.pop_back(); }, {"Output"});
  check_refused(
      [](nir_writer& f) {
        f.edges = {{"input", "e"}, {"e", "output"}};
      },
      {"'e'", "5 x 12", "32 inputs"});
}

#endif // SPIKING_HAS_NIR
