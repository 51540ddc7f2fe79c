// SPDX-License-Identifier: MIT
#include <bitfault/campaign/probe.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/campaign.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>

namespace {

using namespace bitfault::campaign;
using net = toy::residual_network;

/// Has a tensor that inference does not read, as a packed copy of the weights leaves behind.
struct with_dead_weights : net {
  using net::net;
  std::vector<parameter> parameters() {
    auto list = net::parameters();
    list.push_back({"unused.weight", bitfault::view(unused), parameter_kind::weight, {3}});
    return list;
  }
  std::vector<float> unused = std::vector<float>(5, 1.0F);
};

/// Says that another layer reads a weight than the one that does.
struct with_wrong_layer : net {
  using net::net;
  std::vector<parameter> parameters() {
    auto list = net::parameters();
    list[0].layers = {3};
    return list;
  }
};

/// Names one of the two inputs of its addition only.
struct with_hidden_input : net {
  using net::net;
  std::vector<layer> layers() const {
    auto list = net::layers();
    list[5].inputs = {2};
    return list;
  }
  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    if (n != 5) {
      net::run_layer(n, first, in, out);
      if (n == 4)
        kept = out;
    } else {
      const tensor_ref both[] = {in[0], kept};
      net::run_layer(n, first, both, out);
    }
  }
  tensor_ref kept{};
};

/// Throws when it meets numbers that it cannot work with.
struct with_limits : net {
  using net::net;
  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    net::run_layer(n, first, in, out);
    for (bitfault::index_t i = 0; n == 1 && i < out.size(); ++i)
      if (!std::isfinite(std::bit_cast<float>(static_cast<std::uint32_t>(out.load(i)))))
        throw std::range_error("not finite");
  }
};

/// Works only if its first layer has been run in the same pass.
struct with_hidden_state : net {
  using net::net;
  void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                 const tensor_ref& out) {
    begun = begun || n == 0;
    if (!begun)
      throw std::logic_error("not begun");
    begun = begun && n + 1 != layers().size();
    net::run_layer(n, first, in, out);
  }
  bool begun = false;
};

template <class Net>
void probe(const char* targets, settings s = {}) {
  experiment e;
  e.name = "e";
  e.targets = {targets};
  e.trials = 1;
  campaign<Net> c([] { return std::make_unique<Net>(8, 4); }, s, {e});
  c.require_live_targets();
}

} // namespace

TEST_CASE("live targets pass the probe") {
  CHECK_NOTHROW(probe<net>("*"));
  CHECK_NOTHROW(probe<toy::plain_network>("*"));
}

TEST_CASE("a target that inference does not read stops the campaign, by name") {
  CHECK_THROWS_WITH(probe<with_dead_weights>("@parameters"),
                    Catch::Contains("'unused.weight' change no output"));
  settings s;
  s.declared_dead = {"unused.*"};
  probe<with_dead_weights>("@parameters", s);
  probe<with_dead_weights>("dense1.*");
}

TEST_CASE("a model that names the wrong layers for a parameter is found out") {
  CHECK_THROWS_WITH(probe<with_wrong_layer>("@parameters"),
                    Catch::Contains("'dense1.weight'") && Catch::Contains("check the layers"));
}

TEST_CASE("a model that hides an input of a layer is found out") {
  CHECK_THROWS_WITH(probe<with_hidden_input>("relu2"), Catch::Contains("check the layers"));
}

TEST_CASE("a fault that makes inference throw changes what comes out") {
  CHECK_NOTHROW(probe<with_limits>("*"));
}

TEST_CASE("a model that throws only when layers are left out is found out") {
  CHECK_THROWS_WITH(probe<with_hidden_state>("relu2"),
                    Catch::Contains("'relu2'") && Catch::Contains("(or none) when all are run"));
}

TEST_CASE("probing leaves every parameter as it was") {
  net m(8, 4);
  judge its_judge(classification_criteria(), "sdc_1");
  const settings s;
  const golden_run golden(m, s, its_judge);
  std::uint32_t sum = golden.parameters_checksum(), again = 0;
  for (std::size_t t = 0; t < golden.targets().size(); ++t)
    CHECK(is_live(m, golden, s, t));
  for (const parameter& p : m.parameters())
    again = bitfault::campaign::detail::checksum(p.memory, again);
  CHECK(again == sum);
}
