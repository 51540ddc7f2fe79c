// SPDX-License-Identifier: MIT
#include <bitfault/campaign/golden_run.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <limits>
#include <string>

namespace {

using namespace bitfault::campaign;
using Catch::Contains;

judge usual() { return {classification_criteria(), "sdc_1"}; }

/// Its outputs wobble by some thousandths from run to run; input 0 changes its answer too.
struct wobbling : toy::residual_network {
  using toy::residual_network::residual_network;
  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    toy::residual_network::run_layer(n, first, in, out);
    if (n != 6)
      return;
    for (bitfault::index_t i = 0; i < out.size(); ++i)
      out.as<float>()[i] += 0.001F * static_cast<float>(passes);
    if (first == 0) {
      out.as<float>()[0] = passes % 2 == 0 ? 10.0F : -10.0F;
      ++passes;
    }
  }
  int passes = 0;
};

} // namespace

TEST_CASE("a golden run knows every output, answer and label") {
  toy::residual_network net(24, 4);
  judge j = usual();
  const golden_run golden(net, {}, j);
  CHECK(golden.inputs() == 24);
  CHECK(golden.batch() == 4);
  CHECK(golden.output_size() == 4);
  CHECK(golden.noise() == 0);
  CHECK(golden.repeats() == 2);
  std::uint64_t right = 0;
  for (std::uint64_t i = 0; i < 24; ++i) {
    float logits[4];
    std::memcpy(logits, golden.output(i), sizeof logits);
    const auto top = static_cast<std::uint32_t>(std::max_element(logits, logits + 4) - logits);
    CHECK(golden.answer(i) == top);
    CHECK(golden.facts(i).correct == (top == i % 4));
    right += top == i % 4 ? 1 : 0;
  }
  CHECK(golden.correct() == right);
}

TEST_CASE("layers are cached within the budget, and not beyond") {
  toy::residual_network net(24, 4);
  judge j = usual();
  // A batch of all layers: 4 * (6 + 5 * 8 + 4) floats.
  settings s;
  for (const auto& [bytes, batches] :
       {std::pair{0U, 0U}, {799U, 0U}, {800U, 1U}, {3999U, 4U}, {1U << 20U, 6U}}) {
    s.cache_bytes = bytes;
    const golden_run golden(net, s, j);
    for (std::uint64_t b = 0; b < 6; ++b)
      CHECK((golden.cached(b) != nullptr) == (b < batches));
  }
}

TEST_CASE("another parameter or another input changes a checksum") {
  toy::residual_network net(24, 4), other(24, 4), fewer(20, 4);
  other.parameters()[3].memory.store(2, 0x3F800000);
  judge j = usual();
  const golden_run a(net, {}, j), b(other, {}, j), c(fewer, {}, j);
  CHECK(a.parameters_checksum() != b.parameters_checksum());
  CHECK(a.parameters_checksum() == c.parameters_checksum());
  CHECK(a.outputs_checksum() != b.outputs_checksum());
  CHECK(a.outputs_checksum() != c.outputs_checksum());
}

TEST_CASE("golden runs that wobble: the noise is measured, inputs that change are marked") {
  wobbling net(24, 4);
  judge j = usual();
  settings s;
  s.golden_repeats = 4;
  const golden_run golden(net, s, j);
  CHECK(golden.repeats() == 4);
  CHECK(golden.facts(0).varies);
  CHECK(golden.facts(5).noise > 0.0025);
  CHECK(golden.facts(5).noise < 0.0035);
  s.golden_repeats = 1;
  wobbling again(24, 4);
  CHECK(golden_run(again, s, j).noise() == 0);
}

TEST_CASE("a headline that can never hold for so few scores is refused") {
  toy::residual_network net;
  for (const std::string name : {"sdc_5", "golden_lost_top5"}) {
    judge j(classification_criteria(), name);
    CHECK_THROWS_WITH(golden_run(net, {}, j),
                      "bitfault: campaign: the headline criterion '" + name +
                          "' decides nothing here: it takes 6 scores or more, and the model's "
                          "output has 4");
  }
}

TEST_CASE("models that cannot be compared with are refused") {
  judge j = usual();
  struct broken : toy::residual_network {
    using toy::residual_network::residual_network;
    void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                   const tensor_ref& out) {
      toy::residual_network::run_layer(n, first, in, out);
      if (n == 6 && first == 8)
        out.as<float>()[1] = std::numeric_limits<float>::infinity();
    }
  };
  broken infinite(24, 4);
  CHECK_THROWS_WITH(golden_run(infinite, {}, j), Contains("input 8 is not finite"));
  toy::residual_network uneven(23, 4), none(0, 4);
  CHECK_THROWS_WITH(golden_run(uneven, {}, j), Contains("23 inputs") && Contains("batches of 4"));
  CHECK_THROWS_WITH(golden_run(none, {}, j), Contains("0 inputs"));
  struct mislabelled : toy::residual_network {
    using toy::residual_network::residual_network;
    std::span<const std::uint32_t> labels() const {
      return toy::residual_network::labels().first(3);
    }
  };
  mislabelled few(24, 4);
  CHECK_THROWS_WITH(golden_run(few, {}, j), Contains("3 labels for 24 inputs"));
}

TEST_CASE("a model that calls its hook with something else than it said is refused") {
  struct lying : toy::plain_network {
    using toy::plain_network::plain_network;
    void run(std::uint64_t first, const layer_hook& hook) {
      toy::plain_network::run(first, [&](std::size_t n, const tensor_ref& t) {
        if (n != 2)
          hook(n, t);
      });
    }
  };
  lying net(24, 1);
  judge j = usual();
  CHECK_THROWS_WITH(golden_run(net, {}, j), Contains("layer 3") && Contains("layer 2 of 7 is due"));
}
