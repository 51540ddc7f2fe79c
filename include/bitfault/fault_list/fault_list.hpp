// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "../core/extents.hpp"
#include "../core/status.hpp"
#include "../injector/fault_span.hpp"
#include "../views/view.hpp"
#include "binary.hpp"
#include "csv.hpp"
#include "csv_reader.hpp"
#include "element_name.hpp"
#include "file.hpp"
#include "file_error.hpp"
#include "header.hpp"
#include "listed_fault_scope.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <ostream>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bitfault {

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

  /// Says what drew the faults, in words of your own, for files: `describe("bit_flip, exactly
  /// 100")`. Throws `error` for more than one line.
  void describe(std::string policies) {
    fault_list_header described = header_;
    described.policies = std::move(policies);
    if (const std::string wrong = detail::wrong_in_header(described); !wrong.empty())
      detail::raise(header_error(wrong));
    header_ = std::move(described);
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
      return {refusal::wrong_type, 0,
              detail::type_number(element_name<T>(), element_traits<T>::layout.bits),
              detail::type_number(header_.element_type, header_.word_bits), "fault list"};
    const status s = detail::check_extents(view.extents(), header_.extents, header_.extents.size(),
                                           "fault list");
    if (s.ok() && view.extents().size() != 0 && view.address(0) == nullptr)
      return {refusal::null_data, 0, view.extents().size(), 0, "fault list"};
    return s;
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
    if constexpr (detail::takes_listed_faults<View>())
      return check(view);
    else
      return {};
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

} // namespace bitfault
