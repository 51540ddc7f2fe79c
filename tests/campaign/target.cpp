// SPDX-License-Identifier: MIT
#include <bitfault/campaign/target.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

namespace {

using namespace bitfault::campaign;
using Catch::Contains;

std::vector<target> toy_targets() {
  static toy::residual_network net;
  return targets_of(net.layers(), net.parameters());
}

std::vector<std::string> names(const std::vector<std::string>& patterns) {
  const auto all = toy_targets();
  std::vector<std::string> list;
  for (const std::size_t i : find_targets(all, patterns))
    list.push_back(all[i].name);
  return list;
}

} // namespace

TEST_CASE("a model's targets are its parameters, then its layers") {
  const auto all = toy_targets();
  REQUIRE(all.size() == 13);
  CHECK(all[0].name == "dense1.weight");
  CHECK(all[0].extents == std::vector<std::uint64_t>{8, 6});
  CHECK(all[0].size == 48);
  CHECK(all[1].kind == target_kind::bias);
  CHECK(all[6].kind == target_kind::input);
  CHECK(all[12].name == "dense3");
  CHECK(all[12].place == 6);
}

TEST_CASE("targets are found by name, pattern and kind") {
  using list = std::vector<std::string>;
  CHECK(names({"dense1"}) == list{"dense1"});
  CHECK(names({"dense?.weight"}) == list{"dense1.weight", "dense2.weight", "dense3.weight"});
  CHECK(names({"*1*"}) == list{"dense1.weight", "dense1.bias", "dense1", "relu1"});
  CHECK(names({"@biases"}) == list{"dense1.bias", "dense2.bias", "dense3.bias"});
  CHECK(names({"@activations"}) == list{"dense1", "relu1", "dense2", "relu2", "add", "dense3"});
  CHECK(names({"@input"}) == list{"input"});
  CHECK(names({"@parameters"}).size() == 6);
  CHECK(names({"*"}).size() == 13);
  CHECK(names({"relu2", "dense1", "relu*"}) == list{"dense1", "relu1", "relu2"});
  CHECK_THROWS_WITH(names({"dense1", "conv*"}), Contains("'conv*'") && Contains("dense1.weight"));
  CHECK_THROWS_WITH(names({"dens2"}), Contains("'dens2'; the nearest name is 'dense2'"));
  CHECK_THROWS_WITH(names({"@state"}), Contains("'@state'"));
}

TEST_CASE("layers are found by what they compute, where the model says it") {
  const std::vector<layer> layers{{"input", {}, type<float>(), {2}},
                                  {"a", {0}, type<float>(), {2}, "conv2d"},
                                  {"b", {1}, type<float>(), {2}, "relu"},
                                  {"conv2d", {2}, type<float>(), {2}}};
  const auto found = [&](const std::string& pattern) {
    return find_targets(targets_of(layers, {}), {pattern});
  };
  CHECK(found("@operator:conv*") == std::vector<std::size_t>{1});
  CHECK(found("@operator:*") == std::vector<std::size_t>{1, 2});
  CHECK_THROWS_WITH(found("@operator:tanh"), Contains("'@operator:tanh'"));
}

TEST_CASE("models that contradict themselves are refused") {
  float x[2] = {};
  const std::vector<layer> good{{"input", {}, type<float>(), {2}},
                                {"out", {0}, type<float>(), {2}}};
  const parameter p{"w", bitfault::view(x), parameter_kind::weight, {1}};
  CHECK(targets_of(good, {p}).size() == 3);
  auto wrong = p;
  wrong.name = "out";
  CHECK_THROWS_WITH(targets_of(good, {wrong}), Contains("two targets named 'out'"));
  for (const char* name : {"", "a b", "@w"}) {
    wrong.name = name;
    CHECK_THROWS_WITH(targets_of(good, {wrong}), Contains(std::string("'") + name + "'"));
  }
  wrong = p;
  wrong.layers = {2};
  CHECK_THROWS_WITH(targets_of(good, {wrong}), Contains("layer 2"));
  auto layers = good;
  layers[1].inputs = {1};
  CHECK_THROWS_WITH(targets_of(layers, {p}), Contains("does not run before it"));
  layers = good;
  layers[1].type = nullptr;
  CHECK_THROWS_WITH(targets_of(layers, {p}), Contains("'out' has no element type"));
}
