// SPDX-License-Identifier: MIT

// The demo network as campaigns run it is the demo network: bit for bit, layer by layer.

#include "catch.hpp"

#include "../../examples/demo/campaign/demo_model.hpp"
#include "../../examples/demo/data.hpp"
#include "../../examples/demo/network.hpp"

#include <bitfault/campaign/campaign.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
const std::filesystem::path data = DEMO_DATA_DIRECTORY;
constexpr std::size_t images = 40;
constexpr auto pixels = static_cast<std::size_t>(demo::input_shape.size());

std::shared_ptr<const demo::labelled_inputs> inputs() {
  return std::make_shared<const demo::labelled_inputs>(demo::load_test_set(data), images);
}
bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

} // namespace

TEST_CASE("a campaign's golden outputs are what the demo network infers, bit for bit") {
  auto net = demo::load_network(data / "demo_network.safetensors");
  const auto in = inputs();
  bc::experiment one;
  one.name = "one";
  one.trials = 1;
  for (const std::uint64_t batch : {1U, 4U, 40U}) {
    bc::campaign<demo::demo_model> c(
        [&] { return std::make_unique<demo::demo_model>(net, in, batch); }, bc::settings{}, {one});
    const auto logits = net.infer(std::span(in->pixels));
    for (std::size_t i = 0; i < images; ++i) {
      const auto* golden = reinterpret_cast<const float*>(c.golden().output(i));
      CHECK(same_bits({golden, demo::classes}, logits.subspan(i * demo::classes, demo::classes)));
      CHECK(c.golden().answer(i) == demo::best_class(logits, i));
    }
    CHECK_NOTHROW(c.require_live_targets());
  }
}

TEST_CASE("each layer of the model writes what the network's hook sees, bit for bit") {
  auto net = demo::load_network(data / "demo_network.safetensors");
  const auto in = inputs();
  constexpr std::uint64_t batch = 4;
  demo::demo_model model(net, in, batch);
  static_assert(bc::model<demo::demo_model> && bc::runs_layers<demo::demo_model>);
  const auto layers = demo::demo_model::layers();
  REQUIRE(layers.size() == demo::layers.size() + 1);
  bc::layer_outputs outputs(layers, batch);
  bc::detail::run_whole_batch(model, layers, 8, outputs, [](std::size_t, const bc::tensor_ref&) {});
  std::size_t seen = 0;
  net.infer(std::span(in->pixels).subspan(8 * pixels, batch * pixels),
            [&](std::size_t number, demo::activation a) {
              const bc::tensor_ref& out = outputs[number + 1];
              CHECK(layers[number + 1].name == a.layer);
              CHECK(same_bits({out.as<float>(), a.data.size()}, a.data));
              CHECK(out.bytes() == a.data.size_bytes());
              ++seen;
            });
  CHECK(seen == demo::layers.size());
}

TEST_CASE("the model's targets are the network's tensors, and faults in them reach inference") {
  auto net = demo::load_network(data / "demo_network.safetensors");
  demo::demo_model model(net, inputs(), 1);
  const auto expected = net.parameters();
  const auto targets = model.parameters();
  REQUIRE(targets.size() == expected.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    CHECK(targets[i].name == expected[i].name);
    CHECK(targets[i].memory.size() == expected[i].data.size());
    CHECK(same_bits({targets[i].memory.as<float>(), expected[i].data.size()}, expected[i].data));
    REQUIRE(targets[i].layers.size() == 1);
    CHECK(expected[i].name.substr(0, expected[i].name.find('.')) ==
          demo::demo_model::layers()[targets[i].layers[0]].name);
    CHECK((targets[i].kind == bc::parameter_kind::bias) == expected[i].name.ends_with(".bias"));
  }
}
