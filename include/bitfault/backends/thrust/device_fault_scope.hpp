// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/span.hpp"
#include "../../core/status.hpp"
#include "../../injector/undo.hpp"
#include "../../random/fault_key.hpp"
#include "device_memory.hpp"
#include "device_takes.hpp"
#include "fault_work.hpp"
#include "journal.hpp"

#include <cstddef>
#include <utility>

namespace bitfault {

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
      if (const bitfault::status s = detail::check_alignment(room, 16, "scoped: scratch"); !s.ok())
        return s;
      if (const bitfault::status s = system_.check(room, memory.data() + memory.size()); !s.ok())
        return s;
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

} // namespace bitfault
