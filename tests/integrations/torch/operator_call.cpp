// SPDX-License-Identifier: MIT
#include <bitfault/integrations/torch/operator_call.hpp>

#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

TEST_CASE("torch operators: the name of a layer says module, operator, call and tensor") {
  const auto is = [](const std::string& layer, const std::string& module, const std::string& name,
                     const std::vector<std::uint64_t>& calls, std::size_t tensor) {
    INFO(layer);
    const bitfault::operator_pattern p = bitfault::pattern_of_layer(layer);
    CHECK(p.module == module);
    CHECK(p.name == name);
    CHECK(p.calls == calls);
    CHECK(p.tensor == tensor);
  };
  is("layer1.0.conv1", "layer1.0.conv1", "*", {}, 0);
  is("layer1.0:relu", "layer1.0", "aten::relu", {0}, 0);
  is("layer1.0:relu#12", "layer1.0", "aten::relu", {12}, 0);
  is(":lstm@2", "", "aten::lstm", {0}, 2);
  is(":lstm#1@2", "", "aten::lstm", {1}, 2);
  is("m:mine::op#3", "m", "mine::op", {3}, 0);
  is("m:relu#18446744073709551615", "m", "aten::relu", {~std::uint64_t{0}}, 0);

  const auto refused = [](const std::string& layer, const std::string& why) {
    CHECK_THROWS_WITH(bitfault::pattern_of_layer(layer),
                      Catch::Contains("'" + layer + "'") && Catch::Contains(why));
    CHECK_THROWS_AS(bitfault::pattern_of_layer(layer), bitfault::address_error);
  };
  refused("m:relu#x", "at offset 7: expected the number of a call, found 'x'");
  refused("m:relu#", "at offset 7: expected the number of a call, found ''");
  refused("m:relu#1x", "found '1x'");
  refused("m:relu#-1", "found '-1'");
  refused("m:relu#1#2", "found '1#2'");
  refused("m:relu#18446744073709551616", "found '18446744073709551616'");
  refused("m:relu@", "at offset 7: expected the number of an output tensor, found ''");
  refused("m:relu@1#2", "found '1#2'");
  refused("m:", "at offset 2: expected the name of an operator");
  refused("m:#1", "at offset 2: expected the name of an operator");
}
