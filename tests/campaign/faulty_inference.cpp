// SPDX-License-Identifier: MIT
#include <bitfault/campaign/faulty_inference.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/classification.hpp>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace bitfault::campaign;
using net = toy::residual_network;

struct set_up {
  explicit set_up(settings s = {}) : chosen(std::move(s)) {}
  settings chosen;
  net m{24, 4};
  judge its_judge{classification_criteria(), "sdc_1"};
  golden_run golden{m, chosen, its_judge};
  faulty_inference<net> inference{m, golden, chosen};
  struck_layers where{golden.layers().size()};

  std::string outputs(std::uint64_t batch) const {
    return {reinterpret_cast<const char*>(inference.output_of(batch * 4)), 4 * 4 * sizeof(float)};
  }
  /// How many layers a batch takes.
  template <class Strike>
  std::uint64_t layers_run(const Strike& strike) {
    const std::uint64_t before = m.layers_run;
    inference.run(1, where, strike);
    return m.layers_run - before;
  }
};

const auto nothing = [](std::size_t, const tensor_ref&) {};

} // namespace

TEST_CASE("only layers run that may differ: from the fault on, around a skip, until it is masked") {
  set_up t;
  CHECK(t.layers_run(nothing) == 0);
  CHECK(t.inference.output(6) == nullptr);
  // Struck without a change: its golden output is there to be struck, and nothing runs.
  t.where.outputs[2] = 1;
  CHECK(t.layers_run(nothing) == 0);
  // A change in relu1 reaches dense2, relu2, the addition and dense3.
  const auto change = [](std::size_t, const tensor_ref& output) { output.as<float>()[0] += 1; };
  CHECK(t.layers_run(change) == 4);
  CHECK(t.inference.output(2) != nullptr);
  CHECK(t.inference.output(1) == nullptr);
  // A parameter of dense3: one layer.
  t.where.clear();
  t.where.parameters[6] = 1;
  CHECK(t.layers_run(nothing) == 1);
  // Negative before a ReLU, and a little more so: masked there, the rest is left out.
  t.where.clear();
  t.where.outputs[3] = 1;
  CHECK(t.layers_run([](std::size_t, const tensor_ref& output) {
    for (std::size_t i = 0; i < 4 * toy::width; ++i)
      if (output.as<float>()[i] < 0) {
        output.as<float>()[i] *= 2;
        return;
      }
  }) == 1);
  CHECK(t.inference.output(3) != nullptr);
  CHECK(t.inference.output(4) == nullptr);
  CHECK(t.outputs(1) ==
        std::string(reinterpret_cast<const char*>(t.golden.output(4)), 4 * 4 * sizeof(float)));
}

TEST_CASE("each shortcut can be switched off by itself") {
  settings s;
  s.start_at_fault = false;
  set_up from_the_start(s);
  from_the_start.where.outputs[3] = 1;
  CHECK(from_the_start.layers_run(nothing) == 3); // the three before the fault
  s = {};
  s.stop_if_masked = false;
  set_up to_the_end(s);
  to_the_end.where.outputs[3] = 1;
  CHECK(to_the_end.layers_run(nothing) == 4); // struck, and the three behind it
  s.start_at_fault = false;
  set_up whole(s);
  CHECK(whole.layers_run(nothing) == 7);
  s = {};
  s.cache_bytes = 0;
  set_up uncached(s);
  CHECK(uncached.layers_run(nothing) == 7);
}

TEST_CASE("strikes come layer by layer, and only where a layer is struck") {
  set_up t;
  t.where.outputs[1] = t.where.outputs[5] = 1;
  std::vector<std::size_t> struck;
  const auto note = [&](std::size_t n, const tensor_ref&) { struck.push_back(n); };
  t.inference.run(0, t.where, note);
  t.inference.run_whole(0, t.where, note);
  CHECK(struck == std::vector<std::size_t>{1, 5, 1, 5});
}

TEST_CASE("what the model throws is a model_error; what a strike throws is not") {
  struct broken : net {
    using net::net;
    void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                   const tensor_ref& out) {
      if (armed == 1)
        throw std::runtime_error("gave up");
      if (armed == 2)
        throw 3;
      net::run_layer(n, first, in, out);
    }
    int armed = 0;
  };
  broken m(24, 4);
  judge its_judge(classification_criteria(), "sdc_1");
  const settings s;
  const golden_run golden(m, s, its_judge);
  faulty_inference<broken> inference(m, golden, s);
  struck_layers where(7);
  where.parameters[1] = 1;
  where.outputs[1] = 1;
  CHECK_THROWS_AS(inference.run(0, where,
                                [](std::size_t, const tensor_ref&) {
                                  throw std::invalid_argument("no such value");
                                }),
                  std::invalid_argument);
  m.armed = 1;
  CHECK_THROWS_AS(inference.run(0, where, nothing), model_error);
  CHECK_THROWS_WITH(inference.run_whole(0, where, nothing), "gave up");
  m.armed = 2;
  CHECK_THROWS_WITH(inference.run(0, where, nothing), "something that is no std::exception");
}
