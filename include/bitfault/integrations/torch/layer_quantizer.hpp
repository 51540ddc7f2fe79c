// SPDX-License-Identifier: MIT
#pragma once

#include "module_tensors.hpp"
#include "stored_weights.hpp"
#include "traced_layer.hpp"

#if __has_include(<ATen/record_function.h>)

#include <ATen/core/ivalue.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace bitfault::detail {

inline void add_once(std::vector<std::size_t>& list, std::size_t n) {
  if (std::find(list.begin(), list.end(), n) == list.end())
    list.push_back(n);
}

/// Scales and zero points of outputs that a module has as numbers: which one a layer's is, and
/// those of what it reads, as parameters, whose numbers begin at `first_stored`.
inline void find_quantizer(traced_layer& l, const std::vector<traced_layer>& layers,
                           const stored_weights& stored, std::size_t first_stored) {
  for (const std::size_t i : l.inputs)
    if (layers[i].stored_quantizer)
      add_once(l.parameters, first_stored + *layers[i].stored_quantizer);
  if (!l.quantizer || !l.call || l.call->written) // what it writes to keeps its own
    return;
  const std::vector<c10::IValue>& given = l.call->arguments;
  for (std::size_t i = 0; i + 1 < given.size(); ++i)
    if (given[i].isDouble() && given[i + 1].isInt() &&
        affine_quantizer{given[i].toDouble(), given[i + 1].toInt()} == *l.quantizer) {
      l.stored_quantizer = stored.find_quantizer(l.module); // none: the numbers are constants
      if (l.stored_quantizer) {
        l.call->quantizer = i;
        add_once(l.parameters, first_stored + *l.stored_quantizer);
      }
      return;
    }
  // Passed on by the first input that has it, as aten::cat does.
  for (const std::size_t i : l.inputs)
    if (l.quantizer == layers[i].quantizer) {
      l.stored_quantizer = layers[i].stored_quantizer;
      return;
    }
}

/// Whether an argument is the scale or the zero point, as a tensor.
inline bool is_of_quantizer(const traced_call& call, const traced_argument& a) {
  const std::string& name = call.handle.schema().arguments()[a.argument].name();
  return name == "scale" || name == "zero_point";
}

/// Whether an operator finds the scale of what it puts out when it runs.
inline bool scale_depends_on_values(const traced_call& call) {
  return call.handle.schema().name() == "aten::quantize_per_tensor_dynamic" ||
         std::any_of(call.tensors.begin(), call.tensors.end(), [&](const traced_argument& a) {
           return a.source.from == traced_source::origin::layer && is_of_quantizer(call, a);
         });
}

/// The parameters that the scale and the zero point of an output are given as.
inline std::vector<std::size_t>
quantizer_parameters(const traced_call& call, const module_tensors& names,
                     const std::vector<std::vector<std::size_t>>& parameters_of_computed) {
  std::vector<std::size_t> found;
  for (const traced_argument& a : call.tensors) {
    if (!is_of_quantizer(call, a))
      continue;
    const traced_source& from = a.source;
    if (from.from == traced_source::origin::stored)
      add_once(found, names.all().size() + from.number);
    if (from.from == traced_source::origin::computed)
      for (const std::size_t p : parameters_of_computed[from.number])
        add_once(found, p);
    if (from.from == traced_source::origin::fixed)
      for (std::size_t p = 0; p < names.all().size(); ++p)
        if (elements_shared(names.all()[p].tensor, from.tensor) != shared_elements::none)
          add_once(found, p);
  }
  return found;
}

} // namespace bitfault::detail

#endif
