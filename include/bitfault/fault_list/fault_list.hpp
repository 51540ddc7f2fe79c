// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "../core/extents.hpp"
#include "../core/status.hpp"
#include "../injector/fault_span.hpp"
#include "../injector/plan.hpp"
#include "../views/view.hpp"
#include "binary.hpp"
#include "csv.hpp"
#include "file.hpp"
#include "header.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bitfault {

/// Faults of one tensor that end with a scope: see `fault_list::scoped`.
template <tensor_view View>
class [[nodiscard]] listed_fault_scope {
  using word = word_t<typename View::element_type>;

public:
  /// Requires faults that fit the view.
  listed_fault_scope(std::vector<listed_fault> faults, const View& view)
      : faults_(std::move(faults)), view_(view), before_(faults_.size()) {
    active_ = apply_faults(faults_, view_, before_).ok();
  }
  listed_fault_scope(listed_fault_scope&& other) noexcept
      : faults_(std::move(other.faults_)), view_(other.view_), before_(std::move(other.before_)),
        active_(std::exchange(other.active_, false)) {}
  listed_fault_scope& operator=(listed_fault_scope&&) = delete;
  ~listed_fault_scope() { restore(); }

  /// Takes the faults back now; the end of the scope then does nothing.
  void restore() noexcept {
    if (std::exchange(active_, false))
      static_cast<void>(restore_faults(faults_, view_, before_)); // `apply_faults` took the same
  }

private:
  std::vector<listed_fault> faults_;
  View view_;
  std::vector<word> before_;
  bool active_ = false;
};

/// The faults of one trial in one tensor: drawn by `injector::draw`, made by hand or loaded from a
/// file. They act in their order. Hosted.
class fault_list {
public:
  using value_type = listed_fault;

  /// An empty list that fits no tensor.
  fault_list() = default;

  /// Throws `error` if a fault does not fit the extents or the word, or if the header is no good.
  /// Bits of a value outside its mask do nothing and become 0.
  fault_list(fault_list_header header, std::vector<listed_fault> faults)
      : header_(std::move(header)), faults_(std::move(faults)) {
    std::uint64_t elements = 0;
    if (!detail::count_elements(header_.extents, elements))
      status{refusal::space_too_large, 0, 0, 64, "fault list"}.or_throw();
    if (const std::string wrong = detail::wrong_in_header(header_); !wrong.empty())
      detail::raise(header_error(wrong));
    for (std::size_t i = 0; i < faults_.size(); ++i) {
      listed_fault& f = faults_[i];
      detail::check_fault(header_, elements, i, f).or_throw();
      f.value &= f.action == fault_action::write ? f.mask : 0;
    }
  }

  const fault_list_header& header() const noexcept { return header_; }
  std::size_t size() const noexcept { return faults_.size(); }
  bool empty() const noexcept { return faults_.empty(); }
  const listed_fault& operator[](std::size_t i) const noexcept { return faults_[i]; }
  auto begin() const noexcept { return faults_.begin(); }
  auto end() const noexcept { return faults_.end(); }
  std::span<const listed_fault> faults() const noexcept { return faults_; }

  /// Names the tensor, for addresses and files. Throws `error` for white space in the name.
  void name_tensor(std::string name) {
    if (const std::size_t bad = detail::bad_in_name(name); bad != std::string::npos)
      status{refusal::bad_parameter, 0, detail::bit_cast<std::uint64_t>(static_cast<double>(bad)),
             0, "fault list: white space in the tensor's name, at offset"}
          .or_throw();
    header_.tensor = std::move(name);
  }

  /// Same header and same faults in the same order. What `apply` has kept does not count.
  friend bool operator==(const fault_list& a, const fault_list& b) {
    return a.header_ == b.header_ && a.faults_ == b.faults_;
  }

  /// Whether the list fits a view: element type and extents. The faults fit their header always.
  template <tensor_view View>
  status check(const View& view) const noexcept {
    using T = std::remove_const_t<typename View::element_type>;
    static_assert(
        !requires { View::on_device; },
        "bitfault: a device view needs a device executor; the host must not use it");
    if (header_.element_type != element_name<T>() ||
        header_.word_bits != element_traits<T>::layout.bits)
      return {refusal::wrong_type, 0, detail::element_code(element_name<T>()),
              detail::element_code(header_.element_type), detail::wrong_type_place<T>.data()};
    const auto& e = view.extents();
    bool same = e.rank == header_.extents.size();
    for (std::size_t axis = 0; same && axis < e.rank; ++axis)
      same = e[axis] == header_.extents[axis];
    std::uint64_t elements = 0;
    detail::count_elements(header_.extents, elements);
    if (!same)
      return {refusal::extents_differ, 0, e.size(), elements, "fault list"};
    if (elements != 0 && view.address(0) == nullptr)
      return {refusal::null_data, 0, elements, 0, "fault list"};
    return {};
  }

  /// Injects the faults and keeps the words as they were. Checked before the first write. Like all
  /// verbs it takes a view, or whatever `view(x)` takes.
  ///
  /// Calls stack: the words of each `apply` are kept until its `restore`, so two of them and two
  /// `restore` leave the tensor as it was, and one list can be applied to several tensors. A buffer
  /// that inference rewrites takes `reapply`, which keeps nothing.
  template <class X>
  status apply(X&& x) {
    const auto& view = detail::as_view(std::forward<X>(x));
    if (const status s = writable(view); !s.ok())
      return s;
    std::vector<word_of<decltype(view)>> words(size());
    kept_words& last =
        kept_.stack.emplace_back(memory_of(view), std::vector<std::uint64_t>(size()));
    const status s = apply_faults(faults_, view, words);
    for (std::size_t i = 0; i < words.size(); ++i)
      last.before[i] = words[i];
    if (!s.ok())
      kept_.stack.pop_back();
    return s;
  }

  /// Injects the faults and keeps nothing: for a buffer that was rewritten since.
  template <class X>
  status reapply(X&& x) const noexcept(detail::is_view<X>) {
    const auto& view = detail::as_view(std::forward<X>(x));
    if (const status s = writable(view); !s.ok())
      return s;
    return apply_faults(faults_, view);
  }

  /// Takes back the last `apply` to this memory in this layout, bit for bit.
  /// Refused (nothing_applied) if there is none.
  template <class X>
  status restore(X&& x) {
    const auto& view = detail::as_view(std::forward<X>(x));
    if (const status s = writable(view); !s.ok())
      return s;
    std::size_t i = kept_.stack.size();
    for (const addresses here = memory_of(view); i > 0 && kept_.stack[i - 1].memory != here;)
      --i;
    if (i == 0)
      return {refusal::nothing_applied, 0, 0, 0, "fault list: restore"};
    const auto at = kept_.stack.begin() + static_cast<std::ptrdiff_t>(i - 1);
    using word = word_of<decltype(view)>;
    std::vector<word> words(size());
    for (std::size_t n = 0; n < words.size(); ++n)
      words[n] = static_cast<word>(at->before[n]);
    const status s = restore_faults(faults_, view, words);
    if (s.ok())
      kept_.stack.erase(at);
    return s;
  }

  /// How many calls of `apply` wait for their `restore`.
  std::size_t applied() const noexcept { return kept_.stack.size(); }

  /// Injects now and takes everything back when the returned scope ends, also by an exception.
  /// Throws `error` if the view does not fit.
  template <class X>
  [[nodiscard]] auto scoped(X&& x) const {
    const auto& view = detail::as_view(std::forward<X>(x));
    writable(view).or_throw();
    return listed_fault_scope<std::remove_cvref_t<decltype(view)>>(faults_, view);
  }

  /// The word that each fault meets when the list is applied to this tensor as it is now, which
  /// does not change. O(faults). Throws `error` if the view does not fit.
  template <tensor_view View>
  std::vector<std::uint64_t> words_before(const View& view) const {
    check(view).or_throw();
    std::unordered_map<std::uint64_t, std::uint64_t> words;
    std::vector<std::uint64_t> before;
    before.reserve(size());
    for (const listed_fault& f : faults_) {
      const auto it =
          words.try_emplace(f.element, to_word(*view.address(static_cast<index_t>(f.element))))
              .first;
      before.push_back(it->second);
      it->second = faulty_word(f, it->second);
    }
    return before;
  }

  /// Writes the binary form. A file is replaced at once or not at all. Throws `file_error`.
  void save(const std::filesystem::path& path) const {
    detail::write_file(path, detail::to_binary(header_, faults_));
  }
  void save(std::ostream& out, const std::string& name = "stream") const {
    detail::write_stream(out, detail::to_binary(header_, faults_), name);
  }

  /// Writes the text form; with `before` (see `words_before`) also the words before and after each
  /// fault. Throws `file_error`, and `error` for a `before` of another size.
  void save_csv(const std::filesystem::path& path,
                std::span<const std::uint64_t> before = {}) const {
    detail::write_file(path, csv(before));
  }
  void save_csv(std::ostream& out, std::span<const std::uint64_t> before = {},
                const std::string& name = "stream") const {
    detail::write_stream(out, csv(before), name);
  }

  /// Reads either form, known by its first bytes. A stream is read to its end. Throws `file_error`
  /// with the place and what is wrong there.
  static fault_list load(const std::filesystem::path& path) {
    return read(detail::read_file(path), path.string());
  }
  static fault_list load(std::istream& in, const std::string& name = "stream") {
    return read(detail::read_stream(in, name), name);
  }

private:
  template <class View>
  using word_of = word_t<typename std::remove_cvref_t<View>::element_type>;
  using addresses = std::vector<const volatile void*>;
  struct kept_words {
    addresses memory;
    std::vector<std::uint64_t> before;
    kept_words(addresses m, std::vector<std::uint64_t> b)
        : memory(std::move(m)), before(std::move(b)) {}
  };
  /// What was kept belongs to the list that was applied: a copy starts with nothing.
  struct kept_stack {
    std::vector<kept_words> stack{};
    kept_stack() = default;
    kept_stack(const kept_stack&) noexcept {}
    kept_stack(kept_stack&&) noexcept = default;
    kept_stack& operator=(const kept_stack&) noexcept {
      stack.clear();
      return *this;
    }
    kept_stack& operator=(kept_stack&&) noexcept = default;
  };

  /// Where a tensor lies: its first element, and that element's neighbour on each axis.
  template <class View>
  static addresses memory_of(const View& view) {
    addresses result;
    const auto& e = view.extents();
    if (e.size() == 0)
      return result;
    result.push_back(view.address(0));
    index_t distance = 1;
    for (std::size_t axis = e.rank; axis-- > 0; distance *= e[axis])
      if (e[axis] > 1)
        result.push_back(view.address(distance));
    return result;
  }

  template <class View>
  status writable(const View& view) const noexcept {
    static_assert(!std::is_const_v<typename View::element_type>,
                  "bitfault: the view is of const data; faults cannot be injected into it");
    return check(view);
  }

  std::string csv(std::span<const std::uint64_t> before) const {
    if (!before.empty() && before.size() != size())
      status{refusal::list_too_short, 0, before.size(), size(), "save_csv: words before"}
          .or_throw();
    return detail::to_csv(header_, faults_, before);
  }

  static fault_list read(const std::string& bytes, const std::string& name) {
    const bool text = detail::without_mark(bytes).starts_with(detail::csv_first_line.substr(0, 10));
    auto [header, faults] = text ? detail::from_csv(bytes, name) : detail::from_binary(bytes, name);
    return fault_list(std::move(header), std::move(faults));
  }

  fault_list_header header_{};
  std::vector<listed_fault> faults_{};
  kept_stack kept_{};
};

namespace detail {

struct drawn_cell {
  cell where;
  unsigned mask_number;
  std::uint64_t event;
};

/// The cells of a key in order, and the stream that their models draw from. Room comes first:
/// `for_each_fault` must not throw.
template <class Plan>
std::optional<random_stream> drawn_cells(const Plan& plan, const fault_key& key,
                                         std::vector<drawn_cell>& cells) {
  std::optional<random_stream> models;
  cells.reserve(plan.cells(key));
  plan.for_each_fault(key, [&](const cell& c, unsigned mask_number, std::uint64_t event, index_t,
                               const random_stream& stream) {
    cells.push_back({c, mask_number, event});
    models = stream;
  });
  return models;
}

/// `word_before` gives a place for the word of an element: what the fault meets, and what it
/// leaves.
template <class Plan, class Words>
fault_list list_faults(const Plan& plan, const fault_key& key, Words word_of) {
  using T = typename Plan::element_type;
  constexpr bit_operation operation = Plan::own_bits_operation;
  std::vector<drawn_cell> cells;
  const std::optional<random_stream> models = drawn_cells(plan, key, cells);
  std::vector<listed_fault> faults;
  faults.reserve(cells.size());
  for (const drawn_cell& c : cells) {
    if constexpr (operation == bit_operation::flip) {
      faults.push_back({c.where.element, c.where.mask, 0, fault_action::flip});
    } else if constexpr (operation == bit_operation::clear) {
      faults.push_back({c.where.element, c.where.mask, 0, fault_action::stuck_at_0});
    } else if constexpr (operation == bit_operation::set) {
      faults.push_back({c.where.element, c.where.mask, 0, fault_action::stuck_at_1});
    } else {
      auto& word = word_of(c.where.element);
      word = plan.changed(word, c.where, c.mask_number, c.event, *models);
      faults.push_back(
          {c.where.element, low_bits(element_traits<T>::layout.bits), word, fault_action::write});
    }
  }
  return fault_list(header_of<T>(plan.bound_extents(), key), std::move(faults));
}

} // namespace detail

/// The faults of a key, where they do not depend on the data: bit flips and stuck-at faults on own
/// bits, and models that replace a value. Throws `error` for a plan whose state is not ok.
/// O(faults). Found by `injector::draw<T>(extents, key)`.
template <class Plan>
  requires requires { Plan::own_bits_operation; }
fault_list draw_faults(const Plan& plan, const fault_key& key) {
  static_assert(Plan::own_bits_operation != bit_operation::none || Plan::replaces_value,
                "bitfault: draw: what this fault does depends on the data; use draw(view, key)");
  plan.state().or_throw();
  word_t<typename Plan::element_type> word{};
  return detail::list_faults(
      plan, key, [&](index_t) -> auto& { return word = {}; });
}

/// The list of an injector that is switched off: of these extents, without a fault. Throws `error`
/// for extents that cannot be counted. Found by `injector::draw`.
template <element T, std::size_t Capacity>
fault_list draw_nothing(std::type_identity<T> /*type*/, const extents<Capacity>& e,
                        const fault_key& key) {
  return fault_list(header_of<T>(e, key), {});
}

/// The faults of a key in this tensor, which does not change. What depends on the data becomes a
/// write of the word that `apply` would leave there. Throws `error` for a plan whose state is not
/// ok and for a view with other extents. O(faults). Found by `injector::draw(view, key)`.
template <class Plan, tensor_view View>
  requires requires { Plan::own_bits_operation; }
fault_list draw_faults(const Plan& plan, const View& view, const fault_key& key) {
  using T = std::remove_const_t<typename View::element_type>;
  static_assert(std::is_same_v<T, typename Plan::element_type>,
                "bitfault: the plan is bound to another element type than the view's");
  plan.state().or_throw();
  fault_list(header_of<T>(plan.bound_extents()), {}).check(view).or_throw();
  // Several events on one word compose, so each meets what the one before it has left.
  std::unordered_map<std::uint64_t, word_t<T>> words;
  return detail::list_faults(
      plan, key, [&](index_t element) -> auto& {
        return words.try_emplace(element, to_word(*view.address(element))).first->second;
      });
}

} // namespace bitfault
