// SPDX-License-Identifier: MIT
// A program as a user writes it: a model of one's own, and the library's command line.
#include "../campaign/toy_networks.hpp"

#include <bitfault/campaign/tool.hpp>

#include <memory>

int main(int argc, char** argv) {
  bitfault::campaign::model_kinds kinds;
  kinds.add("residual", [](bitfault::campaign::table_reader& keys) {
    return std::make_unique<toy::residual_network>(keys.whole_number("inputs", 24, 1, 1000),
                                                   keys.whole_number("batch", 4, 1, 1000));
  });
  return bitfault::campaign::tool_main(argc, argv, kinds);
}
