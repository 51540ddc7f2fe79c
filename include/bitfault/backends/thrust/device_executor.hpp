// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/element.hpp"
#include "../../core/error.hpp"
#include "../../core/span.hpp"
#include "../../core/status.hpp"
#include "../../injector/scope.hpp"
#include "../../injector/undo.hpp"
#include "../../random/fault_key.hpp"
#include "device_fault_list.hpp"
#include "device_fault_scope.hpp"
#include "device_memory.hpp"
#include "device_takes.hpp"
#include "fault_work.hpp"
#include "journal.hpp"
#include "lists.hpp"

#include <cstddef>
#include <type_traits>

namespace bitfault {

/// The executor of a device: `injector.apply(on(...), device_view{pointer, extents}, key)`. The
/// faults are those of the host for the same key. `System` says where kernels run; users get one
/// from `on`. Lists that policies refer to (`at{list}`, `elements`, `value_list`) are followed by
/// the device: they must lie where host and device can read them.
template <class System>
class device_executor {
public:
  static constexpr bool on_device = true;
  explicit device_executor(const System& system) noexcept : system_(system) {}

  /// What `injector::apply` and `plan::apply` do. One kernel; it does not allocate and does not
  /// wait. Checked before the kernel is started.
  template <class Plan, class View>
  status apply(const Plan& plan, const View& view, const fault_key& key) const noexcept {
    if constexpr (detail::device_takes<Plan, View>()) {
      const auto inside = detail::kernel_view(view);
      const detail::covered_bytes bytes = detail::bytes_of(view);
      if (const status s = check(plan, inside, bytes); !s.ok())
        return s;
      using action = detail::change_word<detail::device_memory>;
      return system_.run(
          detail::fault_work<Plan, std::remove_const_t<decltype(inside)>, action>{
              plan, inside, {detail::device_memory(bytes.begin, bytes.end)}},
          key);
    } else {
      return {};
    }
  }

  /// What `injector::scoped` does. Faults that are no flips keep words in device memory: in
  /// `memory` of the caller (`scratch_bytes` of it), or taken from the system.
  template <class Plan, class View>
  auto scoped(const Plan& plan, const View& view, const fault_key& key,
              span<std::byte> memory = {}) const {
    static_assert(!reads_key, "bitfault: on(stream, trial_and_step): what a scope keeps depends on "
                              "the key; scopes take a key from the host, on(stream)");
    if constexpr (detail::device_takes<Plan, View>()) {
      const auto inside = detail::kernel_view(view);
      const detail::covered_bytes bytes = detail::bytes_of(view);
      device_fault_scope<System, Plan, std::remove_const_t<decltype(inside)>> scope(
          system_, plan, inside, key, check(plan, inside, bytes),
          detail::device_memory(bytes.begin, bytes.end), memory);
#if BITFAULT_EXCEPTIONS
      scope.status().or_throw();
#endif
      return scope;
    } else {
      return disabled_scope{};
    }
  }

  /// How many bytes of device memory `scoped` needs for a key, aligned for 16. O(1), or O(faults)
  /// for rates.
  template <class Plan>
  index_t scratch_bytes(const Plan& plan, const fault_key& key) const noexcept {
    using entry = detail::kept_word<typename Plan::element_type>;
    return Plan::undo_kind == undo::nothing ? 0
                                            : detail::journal<entry>::bytes_for(plan.cells(key));
  }

  /// The faults of a key, drawn on the device into memory that is taken from the system. For faults
  /// that are no operations on bits the words are those that `apply` would leave; then no two
  /// events may meet in an element. Throws `error`.
  template <class Injector, class View>
  auto draw(const Injector& injector, const View& view, const fault_key& key) const {
    static_assert(!reads_key, "bitfault: on(stream, trial_and_step): the room for a list depends "
                              "on the key; draw takes a key from the host, on(stream)");
    const auto plan = injector.bind(view);
    using plan_type = std::remove_const_t<decltype(plan)>;
    if constexpr (!requires { plan_type::own_bits_operation; }) {
      return device_fault_list<System, plan_type>(system_, plan.bound_extents(), nullptr, 0);
    } else if constexpr (detail::device_takes<plan_type, View>()) {
      static_assert(plan_type::own_bits_operation != bit_operation::none || plan_type::one_writer,
                    "bitfault: on(...).draw: what these faults do depends on one another; draw "
                    "them on the host");
      return drawn(plan, view, key);
    }
  }

  const System& system() const noexcept { return system_; }

private:
  static constexpr bool reads_key = requires { System::key_in_device_memory; };

  template <class Plan, class View>
  device_fault_list<System, Plan> drawn(const Plan& plan, const View& view,
                                        const fault_key& key) const {
    const auto inside = detail::kernel_view(view);
    check(plan, inside, detail::bytes_of(view)).or_throw();
    using list = detail::journal<detail::drawn_fault>;
    const index_t room = plan.cells(key);
    if (list::bytes_for(room) == detail::uncountable)
      status{refusal::space_too_large, 0, 0, detail::site_space::max_bits, "draw"}.or_throw();
    void* memory = nullptr;
    system_.allocate(list::bytes_for(room), memory).or_throw();
    device_fault_list<System, Plan> faults(system_, plan.bound_extents(), memory, room);
    system_.zero(memory, list::bytes_for(room)).or_throw();
    system_
        .run(
            detail::fault_work<Plan, std::remove_const_t<decltype(inside)>, detail::list_fault>{
                plan, inside, {list::in(memory, room)}},
            key)
        .or_throw();
    return faults;
  }

  template <class Plan, class View>
  status check(const Plan& plan, const View& inside,
               const detail::covered_bytes& bytes) const noexcept {
    status s = plan.check(inside);
    if (s.ok() && bytes.begin != bytes.end)
      s = detail::check_alignment(bytes.begin, alignof(typename Plan::element_type),
                                  "on(...): the tensor's address");
    if (s.ok() && bytes.begin != bytes.end)
      s = system_.check(bytes.begin, bytes.end);
    const auto list = [&](const void* p) {
      return p == nullptr ? status{} : system_.check_list(p);
    };
    if (s.ok())
      s = detail::check_lists(plan.drawn_cells().selector(), list);
    if (s.ok())
      s = detail::check_lists(plan.drawn_cells().region(), list);
    if (s.ok())
      s = detail::check_lists(plan.fault(), list);
    return s;
  }

  System system_;
};

} // namespace bitfault
