// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/error.hpp"
#include "../../core/status.hpp"
#include "../../faults/fault_model.hpp"
#include "../../injector/fault_span.hpp"
#include "device_memory.hpp"
#include "device_takes.hpp"
#include "journal.hpp"

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace bitfault {

/// Faults drawn on a device, in its memory. Made by `device_executor::draw`.
template <class System, class Plan>
class device_fault_list {
  static constexpr bit_operation operation = detail::listed_operation<Plan>();

public:
  device_fault_list(const System& system, const typename Plan::extents_type& e, void* memory,
                    index_t room) noexcept
      : system_(system), extents_(e), memory_(memory) {
    if (memory != nullptr)
      list_ = detail::journal<detail::drawn_fault>::in(memory, room);
  }
  device_fault_list(device_fault_list&& other) noexcept
      : system_(other.system_), extents_(other.extents_),
        memory_(std::exchange(other.memory_, nullptr)), list_(other.list_) {}
  device_fault_list(const device_fault_list&) = delete;
  device_fault_list& operator=(const device_fault_list&) = delete;
  device_fault_list& operator=(device_fault_list&&) = delete;
  ~device_fault_list() {
    if (memory_ != nullptr)
      system_.release(memory_);
  }

  /// The faults in the order of the draw, as `injector.draw` lists them on the host. Waits for the
  /// device. Throws `error` if the device reports one.
  std::vector<listed_fault> to_host() const {
    std::vector<detail::drawn_fault> drawn(list_.room);
    if (list_.room != 0)
      system_.copy_to_host(drawn.data(), list_.entries, list_.room * sizeof drawn[0]).or_throw();
    std::erase_if(drawn, [](const detail::drawn_fault& f) { return f.mask == 0; });
    std::sort(drawn.begin(), drawn.end(), [](const auto& a, const auto& b) {
      return std::tie(a.item, a.number) < std::tie(b.item, b.number);
    });
    std::vector<listed_fault> faults;
    faults.reserve(drawn.size());
    for (const detail::drawn_fault& f : drawn)
      faults.push_back({f.element, f.mask, f.value, action});
    return faults;
  }

  /// Injects the faults. Refused for a view of other extents than they were drawn for.
  template <class View>
  [[nodiscard]] status apply(const View& view) const noexcept {
    static_assert(detail::device_takes<Plan, View>());
    if (const status s = detail::check_extents(view.extents(), extents_, extents_.rank, "apply");
        !s.ok())
      return s;
    const detail::covered_bytes bytes = detail::bytes_of(view);
    if (bytes.begin == bytes.end)
      return {};
    if (bytes.begin == nullptr)
      return {refusal::null_data, 0, extents_.size(), 0, "apply"};
    if (const status s = detail::check_alignment(bytes.begin, alignof(typename Plan::element_type),
                                                 "apply: the tensor's address");
        !s.ok())
      return s;
    if (const status s = system_.check(bytes.begin, bytes.end); !s.ok())
      return s;
    const auto inside = detail::kernel_view(view);
    const detail::device_memory words(bytes.begin, bytes.end);
    return system_.for_each(
        list_.room, detail::apply_listed<operation, std::remove_const_t<decltype(inside)>,
                                         detail::device_memory>{inside, words, list_.entries});
  }

private:
  static constexpr fault_action action =
      operation == bit_operation::flip    ? fault_action::flip
      : operation == bit_operation::clear ? fault_action::stuck_at_0
      : operation == bit_operation::set   ? fault_action::stuck_at_1
                                          : fault_action::write;
  System system_;
  typename Plan::extents_type extents_;
  void* memory_;
  detail::journal<detail::drawn_fault> list_{};
};

} // namespace bitfault
