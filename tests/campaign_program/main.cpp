// SPDX-License-Identifier: MIT

// A campaign program on a toy network, as users write one around theirs. `[model] microseconds`
// makes an inference take longer, so that there is something to interrupt.

#include "../campaign/toy_networks.hpp"

#include <bitfault/campaign/tool.hpp>

#include <chrono>
#include <memory>

namespace {

using namespace bitfault::campaign;

class slow_network : public toy::residual_network {
public:
  slow_network(std::uint64_t inputs, std::uint64_t batch, std::uint64_t microseconds)
      : toy::residual_network(inputs, batch), wait_(microseconds) {}
  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    toy::residual_network::run_layer(n, first, in, out);
    if (n == 6) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(wait_);
      while (std::chrono::steady_clock::now() < end) {
      }
    }
  }

private:
  std::uint64_t wait_;
};

} // namespace

int main(int argc, char** argv) {
  model_kinds kinds;
  kinds.add("toy", [](table_reader& keys) {
    return std::make_unique<slow_network>(keys.whole_number("inputs", 24, 1, 1000),
                                          keys.whole_number("batch", 1, 1, 1000),
                                          keys.whole_number("microseconds", 0, 0, 100000));
  });
  return tool_main(argc, argv, kinds);
}
