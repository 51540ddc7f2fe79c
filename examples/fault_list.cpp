// SPDX-License-Identifier: MIT
// Faults as a list: drawn, saved, loaded, applied, taken back.

#include <bitfault/bitfault.hpp>

#include <cstdio>
#include <filesystem>
#include <vector>

int main() {
  const bitfault::extents extents{32, 16, 3, 3};
  std::vector<float> weights(extents.size(), 0.25f);
  const std::vector<float> golden = weights;
  const auto file = std::filesystem::temp_directory_path() / "bitfault_example.bf";

  // [fault list]
  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{5});
  const bitfault::fault_key key{.seed = 42, .trial = 7, .stream = 3};

  auto faults = injector.draw<float>(extents, key); // nothing is injected yet
  faults.save(file);

  auto again = bitfault::fault_list::load(file); // in another program, on another day
  const auto tensor = bitfault::view(weights.data(), extents);
  again.apply(tensor).or_throw();
  const bool faulty = weights != golden;
  again.restore(tensor).or_throw();
  // [fault list]

  for (std::size_t i = 0; i < faults.size(); ++i)
    std::printf("%s\n", bitfault::to_string(bitfault::address_of(faults, i)).c_str());
  std::filesystem::remove(file);
  return faulty && weights == golden ? 0 : 1;
}
