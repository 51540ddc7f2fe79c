// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/element.hpp"
#include "../../core/error.hpp"
#include "../../core/policy.hpp"
#include "../../core/span.hpp"
#include "../../core/status.hpp"
#include "../../injector/fault_span.hpp"
#include "../../random/fault_key.hpp"
#include "../../views/device.hpp"
#include "../../views/flat.hpp"
#include "../../views/strided.hpp"
#include "device_memory.hpp"
#include "fault_work.hpp"
#include "journal.hpp"
#include "lists.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace bitfault {

namespace detail {

/// The view of a kernel, and the bytes that its tensor covers.
template <class T, std::size_t Rank>
flat_view<T, Rank> kernel_view(const device_view<T, Rank>& v) noexcept {
  return {v.data(), v.extents()};
}
template <class T, std::size_t Rank>
strided_view<T, Rank> kernel_view(const strided_device_view<T, Rank>& v) noexcept {
  return v;
}
struct covered_bytes {
  const void* begin;
  const void* end;
};
template <class T, std::size_t Rank>
covered_bytes bytes_of(const device_view<T, Rank>& v) noexcept {
  return {v.data(), v.data() + v.extents().size()};
}
template <class T, std::size_t Rank>
covered_bytes bytes_of(const strided_device_view<T, Rank>& v) noexcept {
  return {v.lowest(), v.past()};
}

/// Whether a plan's faults can go to a view on a device. One question after the other, so that what
/// is wrong is one sentence.
template <class Plan, class View>
consteval bool device_takes() {
  using given = typename View::element_type;
  if constexpr (!requires { View::on_device; })
    static_assert(always_false<View>, "bitfault: on(...): the view is of host memory; a device "
                                      "needs a device_view{pointer, extents}");
  else if constexpr (std::is_const_v<given>)
    static_assert(always_false<View>,
                  "bitfault: the view is of const data; faults cannot be injected into it");
  else if constexpr (!std::is_same_v<given, typename Plan::element_type>)
    static_assert(always_false<View>,
                  "bitfault: the plan is bound to another element type than the view's");
  else if constexpr (Plan::records)
    static_assert(always_false<View>, "bitfault: on(...): a log of faults is kept on the host; on "
                                      "a device, draw them: on(...).draw(injector, view, key)");
  else
    return true;
  return false;
}

} // namespace detail

/// Faults that end with a scope, on a device: taken back in the same order of work (on a CUDA
/// stream: after what was given to the stream meanwhile). Neither its making nor its end waits.
template <class System, class Plan, class View>
class [[nodiscard]] device_fault_scope {
  using T = typename Plan::element_type;
  using entry = detail::kept_word<T>;
  static constexpr bool keeps = Plan::undo_kind != undo::nothing;

public:
  /// With `memory` null it takes memory for what it has to keep from the system.
  device_fault_scope(const System& system, const Plan& plan, const View& view, const fault_key& key,
                     const status& checked, const detail::device_memory& words,
                     span<std::byte> memory) noexcept
      : system_(system), plan_(plan), view_(view), key_(key), words_(words), state_(checked) {
    if (!state_.ok())
      return;
    if constexpr (keeps) {
      state_ = make_room(memory);
      if (state_.ok())
        state_ = keep_and_inject();
    } else {
      state_ = inject();
    }
    active_ = state_.ok();
  }
  device_fault_scope(device_fault_scope&& other) noexcept
      : system_(other.system_), plan_(other.plan_), view_(other.view_), key_(other.key_),
        words_(other.words_), kept_(other.kept_), owned_(std::exchange(other.owned_, nullptr)),
        state_(other.state_), active_(std::exchange(other.active_, false)) {}
  device_fault_scope(const device_fault_scope&) = delete;
  device_fault_scope& operator=(const device_fault_scope&) = delete;
  device_fault_scope& operator=(device_fault_scope&&) = delete;
  /// An error of the device has nowhere to go here: call `restore` to learn of it.
  ~device_fault_scope() {
    static_cast<void>(restore());
    if (owned_ != nullptr)
      system_.release(owned_);
  }

  /// Takes the faults back now; the end of the scope then does nothing.
  [[nodiscard]] bitfault::status restore() noexcept {
    if (!std::exchange(active_, false))
      return {};
    if constexpr (keeps)
      return system_.for_each(
          kept_.room, detail::take_back_words<Plan::undo_kind, View, detail::device_memory, T>{
                          view_, words_, kept_});
    else
      return inject();
  }
  /// Why nothing was injected, where bad input is not thrown.
  const bitfault::status& status() const noexcept { return state_; }

private:
  bitfault::status make_room(span<std::byte> memory) noexcept {
    kept_.room = plan_.cells(key_);
    const index_t bytes = detail::journal<entry>::bytes_for(kept_.room);
    void* room = memory.data();
    if (room != nullptr) {
      if (memory.size() < bytes)
        return {refusal::scratch_too_small, 0, memory.size(), bytes, "scoped (in bytes)"};
      if (const auto beyond = reinterpret_cast<std::uintptr_t>(room) % 16; beyond != 0)
        return {refusal::unsupported_layout, 0, beyond, 16, "scoped: scratch"};
    } else {
      if (bytes == detail::uncountable)
        return {refusal::space_too_large, 0, 0, detail::site_space::max_bits, "scoped"};
      if (const bitfault::status s = system_.allocate(bytes, owned_); !s.ok())
        return s;
      room = owned_;
    }
    kept_ = detail::journal<entry>::in(room, kept_.room);
    return system_.zero(room, bytes);
  }
  template <class Action>
  bitfault::status run(const Action& action) noexcept {
    return system_.run(detail::fault_work<Plan, View, Action>{plan_, view_, action}, key_);
  }
  bitfault::status inject() noexcept {
    return run(detail::change_word<detail::device_memory>{words_});
  }
  bitfault::status keep_and_inject() noexcept {
    // Where several events may change one word, all words are kept before the first change.
    constexpr bool at_once = Plan::undo_kind != undo::words || Plan::one_writer;
    const bitfault::status s =
        run(detail::keep_word<detail::device_memory, T, at_once>{{words_}, kept_});
    if (at_once || !s.ok())
      return s;
    return inject();
  }

  System system_;
  Plan plan_;
  View view_;
  fault_key key_;
  detail::device_memory words_;
  detail::journal<entry> kept_{};
  void* owned_ = nullptr;
  bitfault::status state_;
  bool active_ = false;
};

/// Faults drawn on a device, in its memory. Made by `device_executor::draw`.
template <class System, class Plan>
class device_fault_list {
  using T = typename Plan::element_type;

public:
  device_fault_list(const System& system, const typename Plan::extents_type& e, void* memory,
                    index_t room) noexcept
      : system_(system), extents_(e), memory_(memory),
        list_(detail::journal<detail::drawn_fault>::in(memory, room)) {}
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
    if (const status s = system_.check(bytes.begin, bytes.end); !s.ok())
      return s;
    const auto inside = detail::kernel_view(view);
    const detail::device_memory words(bytes.begin, bytes.end);
    return system_.for_each(
        list_.room,
        detail::apply_listed<Plan::own_bits_operation, std::remove_const_t<decltype(inside)>,
                             detail::device_memory>{inside, words, list_.entries});
  }

private:
  static constexpr fault_action action =
      Plan::own_bits_operation == bit_operation::flip    ? fault_action::flip
      : Plan::own_bits_operation == bit_operation::clear ? fault_action::stuck_at_0
      : Plan::own_bits_operation == bit_operation::set   ? fault_action::stuck_at_1
                                                         : fault_action::write;
  System system_;
  typename Plan::extents_type extents_;
  void* memory_;
  detail::journal<detail::drawn_fault> list_;
};

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
    static_assert(detail::device_takes<Plan, View>());
    static_assert(!reads_key, "bitfault: on(stream, trial_and_step): what a scope keeps depends on "
                              "the key; scopes take a key from the host, on(stream)");
    const auto inside = detail::kernel_view(view);
    const detail::covered_bytes bytes = detail::bytes_of(view);
    device_fault_scope<System, Plan, std::remove_const_t<decltype(inside)>> scope(
        system_, plan, inside, key, check(plan, inside, bytes),
        detail::device_memory(bytes.begin, bytes.end), memory);
#if BITFAULT_EXCEPTIONS
    scope.status().or_throw();
#endif
    return scope;
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
    static_assert(detail::device_takes<plan_type, View>());
    static_assert(plan_type::own_bits_operation != bit_operation::none || plan_type::one_writer,
                  "bitfault: on(...).draw: what these faults do depends on one another; draw them "
                  "on the host");
    const auto inside = detail::kernel_view(view);
    check(plan, inside, detail::bytes_of(view)).or_throw();
    using list = detail::journal<detail::drawn_fault>;
    const index_t room = plan.cells(key);
    if (list::bytes_for(room) == detail::uncountable)
      status{refusal::space_too_large, 0, 0, detail::site_space::max_bits, "draw"}.or_throw();
    void* memory = nullptr;
    system_.allocate(list::bytes_for(room), memory).or_throw();
    device_fault_list<System, plan_type> faults(system_, plan.bound_extents(), memory, room);
    system_.zero(memory, list::bytes_for(room)).or_throw();
    system_
        .run(detail::fault_work<plan_type, std::remove_const_t<decltype(inside)>,
                                detail::list_fault>{plan, inside, {list::in(memory, room)}},
             key)
        .or_throw();
    return faults;
  }

  const System& system() const noexcept { return system_; }

private:
  static constexpr bool reads_key = requires { System::key_in_device_memory; };

  template <class Plan, class View>
  status check(const Plan& plan, const View& inside,
               const detail::covered_bytes& bytes) const noexcept {
    status s = plan.check(inside);
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
