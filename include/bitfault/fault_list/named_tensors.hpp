// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../injector/fault_span.hpp"
#include "../views/view.hpp"
#include "address.hpp"
#include "edit_distance.hpp"
#include "header.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bitfault {

namespace detail {

/// A tensor whose element type is known at run time only.
class any_tensor {
public:
  explicit any_tensor(fault_list_header header) : header_(std::move(header)) {}
  any_tensor(const any_tensor&) = delete;
  any_tensor& operator=(const any_tensor&) = delete;
  virtual ~any_tensor() = default;
  virtual std::uint64_t load(std::uint64_t element) const noexcept = 0;
  virtual void store(std::uint64_t element, std::uint64_t word) const noexcept = 0;
  const fault_list_header& header() const noexcept { return header_; }

private:
  fault_list_header header_;
};

template <class View>
class viewed_tensor final : public any_tensor {
  using T = typename View::element_type;
  static_assert(!std::is_const_v<T>,
                "bitfault: the view is of const data; faults cannot be injected into it");
  static_assert(
      !requires { View::on_device; },
      "bitfault: a device view needs a device executor; the host must not use it");

public:
  viewed_tensor(std::string name, const View& view)
      : any_tensor(header_of<T>(view.extents(), {}, std::move(name))), view_(view) {
    if (view.extents().size() != 0 && view.address(0) == nullptr)
      status{refusal::null_data, 0, view.extents().size(), 0, "fault address"}.or_throw();
  }
  std::uint64_t load(std::uint64_t element) const noexcept override {
    return to_word(*view_.address(static_cast<index_t>(element)));
  }
  void store(std::uint64_t element, std::uint64_t word) const noexcept override {
    *view_.address(static_cast<index_t>(element)) = from_word<T>(static_cast<word_t<T>>(word));
  }

private:
  View view_;
};

} // namespace detail

/// The tensors of a model, by name. Holds views: the tensors must outlive their use.
class named_tensors {
public:
  /// Adds a tensor: any tensor_view, or what `view` takes. Throws `address_error` for a name that
  /// is empty, has white space in it or is there already.
  template <class X>
  named_tensors& add(std::string name, X&& tensor) {
    const auto v = bitfault::view(std::forward<X>(tensor));
    if (name.empty())
      detail::raise(address_error(name, 0, "a tensor needs a name"));
    if (const std::size_t bad = detail::bad_in_name(name); bad != std::string::npos)
      detail::raise(address_error(name, bad, "white space or a control character in the name"));
    for (const auto& t : tensors_)
      if (t->header().tensor == name)
        detail::raise(address_error(name, 0, "a tensor has this name already"));
    tensors_.push_back(std::make_shared<detail::viewed_tensor<std::remove_const_t<decltype(v)>>>(
        std::move(name), v));
    return *this;
  }

  std::size_t size() const noexcept { return tensors_.size(); }
  /// Name, element type and extents of tensor i.
  const fault_list_header& operator[](std::size_t i) const noexcept {
    return tensors_[i]->header();
  }

  /// The tensor that an address names. Throws `address_error`, with the nearest name there is.
  std::shared_ptr<const detail::any_tensor> find(const fault_address& a) const {
    std::vector<std::string_view> names;
    for (const auto& t : tensors_) {
      if (t->header().tensor == a.tensor)
        return t;
      names.emplace_back(t->header().tensor);
    }
    detail::raise(address_error(
        to_string(a), 4,
        "there is no tensor '" + a.tensor + "'" +
            (names.empty()
                 ? "; the model has none at all"
                 : "; the nearest name is '" + detail::nearest_name(names, a.tensor) + "'")));
  }

private:
  std::vector<std::shared_ptr<const detail::any_tensor>> tensors_;
};

namespace detail {

inline std::shared_ptr<const any_tensor> tensor_at(const named_tensors& model,
                                                   const fault_address& a) {
  return model.find(a);
}
template <class X>
  requires(!std::is_same_v<std::remove_cvref_t<X>, named_tensors>)
std::shared_ptr<const any_tensor> tensor_at(X&& x, const fault_address&) {
  const auto& view = as_view(std::forward<X>(x));
  return std::make_shared<viewed_tensor<std::remove_cvref_t<decltype(view)>>>(std::string(), view);
}

} // namespace detail

/// The fault of one address, until the scope ends. Made by `scoped_at`.
class [[nodiscard]] address_scope {
public:
  address_scope(std::shared_ptr<const detail::any_tensor> tensor, const listed_fault& fault)
      : tensor_(std::move(tensor)), element_(fault.element), before_(tensor_->load(element_)) {
    tensor_->store(element_, faulty_word(fault, before_));
  }
  address_scope(address_scope&& other) noexcept
      : tensor_(std::move(other.tensor_)), element_(other.element_), before_(other.before_) {}
  address_scope& operator=(address_scope&&) = delete;
  ~address_scope() { restore(); }

  /// Takes the fault back now; the end of the scope then does nothing.
  void restore() noexcept {
    if (tensor_ != nullptr)
      tensor_->store(element_, before_);
    tensor_ = nullptr;
  }

private:
  std::shared_ptr<const detail::any_tensor> tensor_;
  std::uint64_t element_;
  std::uint64_t before_;
};

/// Injects the fault of an address into the tensor of a model that it names, or into one tensor
/// (a view or what `view` takes; then the name is not looked at). Throws before the first write:
/// `address_error` for a text that is no address or a name that is not there, `error` for
/// coordinates or bits outside.
template <class Target>
void apply_at(Target&& target, const fault_address& a) {
  const auto tensor = detail::tensor_at(std::forward<Target>(target), a);
  const listed_fault f = to_fault(a, tensor->header());
  tensor->store(f.element, faulty_word(f, tensor->load(f.element)));
}
template <class Target>
void apply_at(Target&& target, std::string_view address) {
  apply_at(std::forward<Target>(target), parse_address(address));
}

/// The same, and taken back bit for bit when the returned scope ends.
template <class Target>
address_scope scoped_at(Target&& target, const fault_address& a) {
  auto tensor = detail::tensor_at(std::forward<Target>(target), a);
  const listed_fault f = to_fault(a, tensor->header());
  return address_scope(std::move(tensor), f);
}
template <class Target>
address_scope scoped_at(Target&& target, std::string_view address) {
  return scoped_at(std::forward<Target>(target), parse_address(address));
}

} // namespace bitfault
