// SPDX-License-Identifier: MIT
#pragma once

#include "../../fault_list/address.hpp"
#include "../../fault_list/text_numbers.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitfault {

/// Which operator calls are meant. An operator call is what a module's code calls: `aten::conv2d`,
/// and not what that calls in turn. Calls that only give another view of a tensor (`flatten`,
/// `dropout` in evaluation) compute nothing and are no calls here; nor are those of a backward
/// pass.
struct operator_pattern {
  /// The module that calls it: "layer3.*.conv2". * stands for any text. TorchScript modules know
  /// it of every operator; modules of torch::nn of those that take a parameter or buffer, the
  /// others have the path "".
  std::string module = "*";
  /// The operator: "aten::conv2d", "aten::*conv*". In-place variants end with '_'.
  std::string name = "*";
  /// Which calls, counted from 0 for each operator in each module; empty: all.
  std::vector<std::uint64_t> calls{};
  /// Which tensor, where the operator has several: those in tuples and lists count through.
  std::size_t tensor = 0;
};

/// A call that is under way. The texts are valid during the action that gets it.
struct operator_call {
  std::string_view module; ///< path of the module; "" where it is not known
  std::string_view name;   ///< "aten::conv2d"
  std::uint64_t number =
      0;                   ///< calls of this operator in this module before, since the last restart
  std::uint32_t step = 0;  ///< the same since the hook began
  std::uint32_t layer = 0; ///< number of this operator in this module, in the order of first calls
};

/// The pattern that the name of a layer stands for: "layer1.0.conv1" is all operators of that
/// module; "layer1.0:relu" the first call of its `aten::relu`, "layer1.0:relu#1" the second,
/// "encoder:lstm@1" the second tensor that its `aten::lstm` puts out, "encoder:lstm#1@1" both.
/// Calls are counted since the hook began: for the calls of a further pass `restart()` it. These
/// are the names that `recorded_model` gives its layers. Throws `address_error` for anything else
/// behind the ':', with the offset in the name.
inline operator_pattern pattern_of_layer(std::string_view layer) {
  operator_pattern p;
  const std::size_t colon = layer.find(':');
  p.module = layer.substr(0, colon);
  if (colon == std::string_view::npos)
    return p;
  std::string_view name = layer.substr(colon + 1);
  // What stands behind a mark is a number, up to the end; then it is taken off.
  const auto number_behind = [&](char mark, const char* what) -> std::uint64_t {
    const std::size_t at = name.find(mark);
    if (at == std::string_view::npos)
      return 0;
    std::uint64_t number = 0;
    if (!detail::whole_number(name.substr(at + 1), number))
      throw address_error(std::string(layer), colon + 1 + at + 1,
                          std::string("expected the number of ") + what + ", found '" +
                              std::string(name.substr(at + 1)) + "'");
    name = name.substr(0, at);
    return number;
  };
  p.tensor = static_cast<std::size_t>(number_behind('@', "an output tensor"));
  p.calls = {number_behind('#', "a call")};
  if (name.empty())
    throw address_error(std::string(layer), colon + 1, "expected the name of an operator");
  p.name =
      name.find("::") == std::string_view::npos ? "aten::" + std::string(name) : std::string(name);
  return p;
}

} // namespace bitfault
