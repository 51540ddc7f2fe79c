// SPDX-License-Identifier: MIT
#pragma once

#include "demo_model.hpp"
#include "text.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/fault_list/named_tensors.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace demo {

/// One fault by its address, in a weight or in what a layer writes, on all images.
inline void replay(const std::string& address, const network& net, const labelled_images& images,
                   std::size_t count) {
  namespace bc = bitfault::campaign;
  const auto inputs = std::make_shared<const labelled_inputs>(images, count);
  bc::settings settings;
  settings.golden_repeats = 1;
  bc::experiment any;
  any.name = "one fault";
  any.trials = 1;
  bc::campaign<demo_model> campaign([&] { return std::make_unique<demo_model>(net, inputs, 1); },
                                    settings, {any});

  // Names, shapes and words of the targets, to read the address with.
  bitfault::named_tensors names;
  std::vector<std::vector<float>> memory;
  for (const bc::target& t : campaign.targets()) {
    bitfault::extents<4> e;
    for (const std::uint64_t size : t.extents) {
      e.sizes[e.rank++] = size;
    }
    memory.emplace_back(static_cast<std::size_t>(t.size));
    names.add(t.name, bitfault::view(memory.back().data(), e));
  }
  const auto parsed = bitfault::parse_address(address);
  const auto tensor = names.find(parsed);
  bc::injected_fault f;
  f.fault = bitfault::to_fault(parsed, tensor->header());
  while (campaign.targets()[f.target].name != parsed.tensor) {
    ++f.target;
  }
  const auto record = campaign.make_runner()->run_with({f});

  const auto show = [&](const char* words, std::uint64_t n) {
    fmt::print("{:<22} {:>6} of {}  ({} %)\n", words, n, count,
               percent(static_cast<double>(n) / static_cast<double>(count)));
  };
  const auto ended = [&](bc::outcome o) { return record.outcomes[static_cast<std::size_t>(o)]; };
  fmt::print("{}\n", address);
  show("right without it", campaign.golden().correct());
  show("right with it", record.answered_correctly);
  show("SDC-1 (other class)", ended(bc::outcome::sdc));
  show("NaN or infinite", ended(bc::outcome::non_finite));
  show("tolerable", ended(bc::outcome::tolerable));
  show("masked", ended(bc::outcome::masked));
}

} // namespace demo
