// SPDX-License-Identifier: MIT
// Faults as a list: drawn, saved, loaded, applied, taken back.

#include <bitfault/bitfault.hpp>

#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

int main() {
  const bitfault::extents extents{32, 16, 3, 3};
  std::vector<float> weights(extents.size(), 0.25f);
  const std::vector<float> golden = weights;
  const auto folder = std::filesystem::temp_directory_path() /
                      ("bitfault_" + std::to_string(std::random_device{}()));
  std::filesystem::create_directories(folder);

  // [fault list]
  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{100});
  const bitfault::fault_key key{.seed = 42, .trial = 7, .stream = 3};

  bitfault::fault_list faults = injector.draw<float>(extents, key); // nothing is injected yet
  faults.name_tensor("conv1.weight");
  faults.describe("bit_flip, exactly 100");
  faults.save(folder / "trial7.bfl");     // binary
  faults.save_csv(folder / "trial7.csv"); // text, to read and edit

  // In another program, on another day. Either form is known by its first bytes.
  bitfault::fault_list again = bitfault::fault_list::load(folder / "trial7.bfl");
  const auto tensor = bitfault::view(weights.data(), extents);
  again.apply(tensor).or_throw();
  const bool faulty = weights != golden;
  again.restore(tensor).or_throw(); // bit for bit
  // [/fault list]

  for (std::size_t i = 0; i < 3; ++i)
    std::printf("%s\n", bitfault::to_string(bitfault::address_of(faults, i)).c_str());
  const bool same = bitfault::fault_list::load(folder / "trial7.csv") == again;
  std::filesystem::remove_all(folder);
  return faulty && same && weights == golden ? 0 : 1;
}
