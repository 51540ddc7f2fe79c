// SPDX-License-Identifier: MIT
#pragma once

#include "layer_quantizer.hpp"
#include "module_tensors.hpp"
#include "operator_hook.hpp"
#include "recorded_call.hpp"
#include "stored_weights.hpp"
#include "traced_layer.hpp"

#if __has_include(<ATen/record_function.h>)

#include <ATen/core/Tensor.h>
#include <ATen/core/enum_tag.h>
#include <ATen/core/ivalue.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bitfault::detail {

/// The operators of one pass of a module, with what each reads. In-place operators become layers of
/// their own, which begin with what was there; views are parts of the layers that they show.
class operator_trace {
public:
  /// Runs `forward(inputs)`, which returns the output. Throws std::invalid_argument for a module
  /// whose operators cannot be run again one by one, and says which one cannot.
  template <class Forward>
  operator_trace(std::shared_ptr<const module_tensors> names, const stored_weights& stored,
                 const ::at::Tensor& inputs, const Forward& forward)
      : names_(std::move(names)), stored_(&stored) {
    traced_layer first;
    first.module = "input";
    first.shape = memory_shape::of(inputs);
    first.shape.offset = 0;
    first.begin = inputs.storage_offset();
    first.type = inputs.scalar_type();
    layers_.push_back(first);
    layer_at_[storage_of(inputs)] = 0;
    kept_.push_back(inputs);

    hook_state hook;
    hook.names = names_;
    hook.whole = [this](recorded_call& call, const std::vector<::at::Tensor>& outputs) {
      add(call, outputs);
    };
    thread_hooks::of_this_thread().add(hook);
    try {
      finish(forward(inputs));
    } catch (...) {
      thread_hooks::of_this_thread().remove(hook);
      if (hook.error) // what stopped the trace, rather than what came of it
        std::rethrow_exception(hook.error);
      throw;
    }
    thread_hooks::of_this_thread().remove(hook);
    if (hook.error)
      std::rethrow_exception(hook.error);
  }

  /// The inputs, then all that leads to the output, which is the last.
  const std::vector<traced_layer>& layers() const noexcept { return layers_; }
  const std::vector<traced_call>& computed() const noexcept { return computed_; }

  /// How many calls of a module a hook would act on.
  std::uint64_t calls_of(const std::string& module) const {
    std::uint64_t calls = 0;
    for (const auto& [what, number] : numbers_)
      calls += what.first == module ? number : 0;
    return calls;
  }

  /// Puts layers that show their inputs before those that have a name: see `with_inputs_shown`.
  void show_inputs(const std::vector<std::string>& names) {
    layers_ = with_inputs_shown(std::move(layers_), names);
  }

  /// Puts layers that are stored as sparse after those that have a name: see
  /// `with_sparse_outputs`.
  void show_sparse(const std::vector<std::string>& names, std::int64_t rows) {
    for (std::size_t n = 0; n < layers_.size(); ++n)
      if (!names[n].empty() && (layers_[n].quantizer || !::at::isFloatingType(layers_[n].type) ||
                                layers_[n].shape.sizes.empty()))
        throw std::invalid_argument("bitfault: the output of '" + names[n] +
                                    "' cannot be stored as sparse: it is no tensor of floats");
    layers_ = with_sparse_outputs(std::move(layers_), names, rows);
  }

private:
  /// The memory of a tensor; of one that is sparse, the tensor itself.
  using storage = const void*;
  static storage storage_of(const ::at::Tensor& t) {
    if (t.has_storage())
      return t.storage().unsafeGetStorageImpl();
    return t.unsafeGetTensorImpl();
  }
  [[noreturn]] void refuse(recorded_call& call, const std::string& why) const {
    throw std::invalid_argument("bitfault: the module cannot be run operator by operator: " +
                                call.text(*names_) + " " + why);
  }

  void add(recorded_call& call, const std::vector<::at::Tensor>& outputs) {
    if (!call.handle())
      refuse(call, "has no schema");
    traced_call now{*call.handle()};
    if (has_tag(now.handle, ::at::Tag::inplace_view)) {
      ++numbers_[{call.module_of(*names_), call.name()}];
      return; // the tensor shows its new shape where it is read next
    }
    std::vector<std::size_t> inputs, parameters;
    bool is_computed = false;
    refuse_parts_of_stored(call);
    read_arguments(call, now, inputs, parameters, is_computed);
    if (now.written) {
      write(call, now, outputs, inputs, parameters);
      return;
    }
    std::vector<std::size_t> fresh;
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (!is_known(outputs[i]))
        fresh.push_back(i);
    if (fresh.empty() && !outputs.empty())
      return; // views
    const std::uint64_t number =
        outputs.empty() ? 0 : numbers_[{call.module_of(*names_), call.name()}]++;
    if (has_tag(now.handle, ::at::Tag::nondeterministic_seeded))
      refuse(call, "draws random numbers; put the module into evaluation mode");
    if (outputs.empty() || decides(call)) {
      if (!inputs.empty() && decides(call))
        refuse(call, "lets values decide what runs next");
      return;
    }
    for (const std::size_t i : fresh) {
      for (const std::size_t j : fresh)
        if (j < i && recorded_call::share_memory(outputs[i], outputs[j]))
          refuse(call, "puts out two tensors in one memory");
      keep(outputs[i]);
      now.output = i;
      if (!inputs.empty())
        add_layer(call, now, number, outputs[i], inputs, parameters);
      else if (is_computed || !parameters.empty())
        add_computed(now, outputs[i], parameters);
      else
        fixed_at_[storage_of(outputs[i])] = outputs[i].clone();
    }
  }

  /// An argument that is a part of a weight that is stored otherwise, and something else, too.
  void refuse_parts_of_stored(recorded_call& call) const {
    for (const c10::IValue& argument : call.arguments())
      for_each_tensor(argument, [&](const ::at::Tensor& t) {
        for (const stored_weight& w : stored_->all())
          if (!w.arrays().empty() && w.is_partly(t)) // those without take no faults
            refuse(call, "takes " + name_of(t) + ", which shares some of its memory with '" +
                             w.arrays().at(0).name + "'");
      });
  }
  /// "'fc.weight'", of what a tensor is a view of.
  std::string name_of(const ::at::Tensor& t) const {
    for (const module_tensor& all : names_->all())
      if (elements_shared(all.tensor, t) == shared_elements::all)
        return "'" + all.name + "'";
    return "a tensor";
  }

  /// Layers that a call reads, what else it takes, and what it writes to.
  void read_arguments(recorded_call& call, traced_call& now, std::vector<std::size_t>& inputs,
                      std::vector<std::size_t>& parameters, bool& is_computed) {
    now.arguments = call.arguments();
    const auto& declared = now.handle.schema().arguments();
    const auto take = [&](std::size_t i, std::optional<std::size_t> in_list,
                          const c10::IValue& value) {
      if (const auto weight = stored_->find(value)) {
        now.tensors.push_back({i, in_list, {traced_source::origin::stored, *weight, {}, value}});
        add_once(parameters, names_->all().size() + *weight);
        return;
      }
      if (!value.isTensor() || !value.toTensor().defined())
        return;
      const ::at::Tensor& t = value.toTensor();
      const bool writes = i < declared.size() && declared[i].alias_info() != nullptr &&
                          declared[i].alias_info()->isWrite();
      if (writes && (now.written || in_list))
        refuse(call, "writes to several tensors");
      if (writes)
        now.written = now.tensors.size();
      now.tensors.push_back({i, in_list, source_of(call, t, writes)});
      const traced_source& from = now.tensors.back().source;
      if (from.from == traced_source::origin::layer)
        add_once(inputs, from.number);
      if (from.from == traced_source::origin::computed) {
        is_computed = true;
        for (const std::size_t p : computed_parameters_[from.number])
          add_once(parameters, p);
      }
      for (std::size_t p = 0; p < names_->all().size(); ++p)
        if (elements_shared(names_->all()[p].tensor, t) != shared_elements::none)
          add_once(parameters, p);
    };
    for (std::size_t i = 0; i < now.arguments.size(); ++i) {
      const c10::IValue& value = now.arguments[i];
      if (value.isTensor() || value.isCustomClass()) {
        take(i, std::nullopt, value);
      } else if (value.isList()) {
        const auto parts = value.toListRef();
        for (std::size_t part = 0; part < parts.size(); ++part)
          if (parts[part].isTensor() || parts[part].isCustomClass())
            take(i, part, parts[part]);
      } else if (value.isTuple()) {
        refuse(call, "takes a tuple");
      }
    }
  }

  traced_source source_of(recorded_call& call, const ::at::Tensor& t, bool writes) {
    traced_source s;
    const auto computed = computed_at_.find(storage_of(t));
    const bool strided = t.layout() == ::at::kStrided && t.has_storage();
    if (strided)
      s.shape = memory_shape::of(t);
    else if (computed == computed_at_.end())
      refuse(call, "takes a tensor that is not strided");
    if (const auto at = layer_at_.find(storage_of(t)); at != layer_at_.end()) {
      s.from = traced_source::origin::layer;
      s.number = at->second;
      const traced_layer& from = layers_[s.number];
      s.shape.offset -= from.begin;
      if (t.scalar_type() != from.type)
        refuse(call, "reads a tensor as another element type than it was written");
      if (!within(s.shape, from))
        refuse(call, "reads memory beyond what an operator has put out");
    } else if (computed != computed_at_.end()) {
      s.from = traced_source::origin::computed;
      s.number = computed->second;
    } else {
      s.tensor = names_->owns_memory_of(t) || writes ? t : t.clone();
    }
    return s;
  }

  void add_layer(recorded_call& call, const traced_call& now, std::uint64_t number,
                 const ::at::Tensor& output, const std::vector<std::size_t>& inputs,
                 const std::vector<std::size_t>& parameters) {
    if (output.layout() != ::at::kStrided || !output.is_non_overlapping_and_dense())
      refuse(call, "puts out a tensor that is not dense");
    traced_layer l{call.module_of(*names_), call.name(), number, now, memory_shape::of(output)};
    l.begin = std::exchange(l.shape.offset, 0);
    l.type = output.scalar_type();
    if (output.is_quantized()) {
      if (output.qscheme() != ::at::kPerTensorAffine)
        refuse(call, "puts out a tensor that is not quantised as a whole");
      l.quantizer = affine_quantizer{output.q_scale(), output.q_zero_point()};
      l.quantizer_parameters = quantizer_parameters(*l.call, *names_, computed_parameters_);
      if (scale_depends_on_values(*l.call))
        refuse(call, "puts out a tensor whose scale depends on values");
    }
    l.inputs = inputs;
    l.parameters = parameters;
    find_quantizer(l, layers_, *stored_, names_->all().size());
    layer_at_[storage_of(output)] = layers_.size();
    layers_.push_back(std::move(l));
  }

  void add_computed(const traced_call& now, const ::at::Tensor& output,
                    const std::vector<std::size_t>& parameters) {
    computed_at_[storage_of(output)] = computed_.size();
    computed_.push_back(now);
    computed_parameters_.push_back(parameters);
  }

  /// An in-place operator: a layer whose output begins as the memory that it writes to.
  void write(recorded_call& call, traced_call now, const std::vector<::at::Tensor>& outputs,
             std::vector<std::size_t> inputs, std::vector<std::size_t> parameters) {
    traced_source& target = now.tensors[*now.written].source;
    const ::at::Tensor struck = tensor_argument(call, now.tensors[*now.written]);
    if (names_->owns_memory_of(struck))
      refuse(call, "writes to a parameter or buffer of the module");
    if (has_tag(now.handle, ::at::Tag::nondeterministic_seeded))
      refuse(call, "draws random numbers; put the module into evaluation mode");
    for (const ::at::Tensor& o : outputs)
      if (!is_known(o) && storage_of(o) != storage_of(struck))
        refuse(call, "writes to an argument and puts out another tensor, too");
    traced_layer l{call.module_of(*names_), call.name(),
                   numbers_[{call.module_of(*names_), call.name()}]++};
    if (target.from == traced_source::origin::layer) {
      const traced_layer& before = layers_[target.number];
      l.shape = before.shape;
      l.begin = before.begin;
      l.type = before.type;
      l.quantizer = before.quantizer;
      l.stored_quantizer = before.stored_quantizer;
    } else {
      const auto fixed = fixed_at_.find(storage_of(struck));
      if (fixed == fixed_at_.end())
        refuse(call, "writes to a tensor that no operator has made");
      if (inputs.empty())
        refuse(call, "writes to a constant");
      // `target` is what is written; the whole of it begins as the constant.
      l.shape = memory_shape::of(fixed->second);
      l.begin = struck.storage_offset() - target.shape.offset;
      l.type = fixed->second.scalar_type();
      target.tensor = fixed->second;
      fixed_at_.erase(fixed);
    }
    l.call = std::move(now);
    l.inputs = std::move(inputs);
    l.parameters = std::move(parameters);
    find_quantizer(l, layers_, *stored_, names_->all().size());
    layer_at_[storage_of(struck)] = layers_.size();
    layers_.push_back(std::move(l));
    kept_.push_back(struck);
  }

  static ::at::Tensor tensor_argument(recorded_call& call, const traced_argument& a) {
    return call.arguments()[a.argument].toTensor();
  }

  /// Takes what does not lead to the output out, and makes the output the last layer.
  void finish(const c10::IValue& returned) {
    if (!returned.isTensor())
      throw std::invalid_argument("bitfault: the module returns " + returned.tagKind() +
                                  ", not one tensor; give a function that returns the tensor that "
                                  "counts: see output_tensor");
    const ::at::Tensor& output = returned.toTensor();
    const auto at = layer_at_.find(storage_of(output));
    if (at == layer_at_.end())
      throw std::invalid_argument("bitfault: the module's output does not depend on its inputs");
    memory_shape shape = memory_shape::of(output);
    shape.offset -= layers_[at->second].begin;
    std::size_t last = at->second;
    if (shape != layers_[last].shape || output.scalar_type() != layers_[last].type) {
      if (output.scalar_type() != layers_[last].type || !within(shape, layers_[last]))
        throw std::invalid_argument("bitfault: the module's output is no part of one operator's");
      traced_layer view;
      view.module = "output";
      view.type = layers_[last].type;
      view.quantizer = layers_[last].quantizer;
      view.stored_quantizer = layers_[last].stored_quantizer;
      view.shape.sizes = shape.sizes;
      view.shape.strides = output.contiguous().strides().vec();
      view.inputs = {last};
      view.view = shape;
      layers_.push_back(view);
      last = layers_.size() - 1;
    }
    layers_ = leading_to(std::move(layers_), last);
  }

  /// While it is kept, no other tensor gets its memory.
  void keep(const ::at::Tensor& t) { kept_.push_back(t); }
  bool is_known(const ::at::Tensor& t) const {
    const storage s = storage_of(t);
    return layer_at_.contains(s) || computed_at_.contains(s) || fixed_at_.contains(s) ||
           names_->owns_memory_of(t);
  }
  std::shared_ptr<const module_tensors> names_;
  const stored_weights* stored_;
  std::vector<traced_layer> layers_;
  std::vector<traced_call> computed_;
  std::vector<std::vector<std::size_t>> computed_parameters_;
  std::unordered_map<storage, std::size_t> layer_at_; ///< whose output lies there now
  std::unordered_map<storage, std::size_t> computed_at_;
  std::unordered_map<storage, ::at::Tensor> fixed_at_; ///< constants that operators made, as made
  std::map<std::pair<std::string, std::string>, std::uint64_t> numbers_;
  std::vector<::at::Tensor> kept_;
};

} // namespace bitfault::detail

#endif
