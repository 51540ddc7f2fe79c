// SPDX-License-Identifier: MIT

// The campaign program that mpi_speed_up.py starts under mpirun: the demo network on 100 images.

#include "demo/campaign/demo_model.hpp"

#include <bitfault/campaign/tool.hpp>

#include <filesystem>
#include <memory>

int main(int argc, char** argv) {
  const std::filesystem::path data = DEMO_DATA_DIRECTORY;
  bitfault::campaign::model_kinds kinds;
  kinds.add("demo", [&](bitfault::campaign::table_reader&) {
    const auto inputs =
        std::make_shared<const demo::labelled_inputs>(demo::load_test_set(data), 100);
    return std::make_unique<demo::demo_model>(demo::load_network(data / "demo_network.safetensors"),
                                              inputs, 1);
  });
  return bitfault::campaign::tool_main(argc, argv, kinds);
}
