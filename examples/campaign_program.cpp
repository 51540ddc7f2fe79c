// SPDX-License-Identifier: MIT
// A program of one's own that runs campaigns from TOML files, with all the commands of `bitfault`.
//
//     example_campaign_program run examples/campaign_program.toml

// [program]
#include <bitfault/campaign/tool.hpp>
// [/program]
#include <bitfault/bitfault.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace {

namespace bc = bitfault::campaign;

// One dense layer. A model that reads its settings from the table [model].
struct my_model {
  explicit my_model(double gain) {
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] = static_cast<float>(gain * std::sin(static_cast<double>(i)));
  }
  std::vector<float> weights = std::vector<float>(3 * 4);

  std::vector<bc::layer> layers() const {
    return {{"input", {}, bc::type<float>(), {4}}, {"output", {0}, bc::type<float>(), {3}}};
  }
  std::vector<bc::parameter> parameters() {
    return {{"weight", bitfault::view(weights), bc::parameter_kind::weight, {1}}};
  }
  std::uint64_t inputs() const { return 50; }
  std::uint64_t batch() const { return 1; }
  void run_layer(std::size_t n, std::uint64_t first, std::span<const bc::tensor_ref> in,
                 const bc::tensor_ref& out) {
    float* to = out.as<float>();
    if (n == 0) {
      for (std::size_t i = 0; i < 4; ++i)
        to[i] = std::cos(static_cast<float>(4 * first + i));
      return;
    }
    for (std::size_t row = 0; row < 3; ++row) {
      to[row] = 0;
      for (std::size_t i = 0; i < 4; ++i)
        to[row] += weights[4 * row + i] * in[0].as<float>()[i];
    }
  }
};

} // namespace

// [main]
int main(int argc, char** argv) {
  bitfault::campaign::model_kinds kinds;
  kinds.add("mine", [](bitfault::campaign::table_reader& keys) { // reads the table [model]
    return std::make_unique<my_model>(keys.number("gain", 1.0)); // one for each thread
  });
  return bitfault::campaign::tool_main(argc, argv, kinds);
}
// [/main]
