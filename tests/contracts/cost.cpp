// SPDX-License-Identifier: MIT
// Contract 2: cost follows the faults, not the tensor. Untouched elements are not accessed.
#include "catch.hpp"
#include "combinations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <set>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> allocated_bytes{0};

void* counted_or_null(std::size_t bytes) noexcept {
  ++allocations;
  allocated_bytes += bytes;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
void* counted(std::size_t bytes) {
  if (void* p = counted_or_null(bytes))
    return p;
  throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted_or_null(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted_or_null(bytes);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

using namespace combinations;

namespace {

/// A tensor that says which elements were asked for. Its memory may be smaller than its extents.
template <bool Contiguous>
struct counting_view {
  using element_type = float;
  static constexpr bool contiguous = Contiguous;
  float* memory;
  index_t room;
  bitfault::extents<2> sizes;
  std::vector<index_t>* asked;

  const bitfault::extents<2>& extents() const noexcept { return sizes; }
  float* address(index_t flat) const noexcept {
    asked->push_back(flat);
    return memory + flat % room;
  }
};

constexpr fault_key key{.seed = 11, .trial = 3};

/// The elements that a call asks for, in a tensor of any size.
template <bool Contiguous, class Injector>
std::vector<index_t> asked_for(const Injector& injector, const extents<2>& e) {
  std::vector<float> memory(4096);
  std::vector<index_t> asked;
  asked.reserve(100000);
  const counting_view<Contiguous> v{memory.data(), memory.size(), e, &asked};
  REQUIRE(injector.apply(v, key).ok());
  return asked;
}

template <class Injector>
void check_same_cost(const char* name, const Injector& injector, index_t most) {
  INFO(name);
  const auto small = asked_for<false>(injector, {100, 1000});
  const auto large = asked_for<false>(injector, {index_t{1} << 22, index_t{1} << 24});
  CHECK(small.size() <= most);
  CHECK(large.size() <= most);
  CHECK(large.size() == small.size());
}

} // namespace

TEST_CASE("contract 2: k faults ask for k elements, in 100 thousand or 2^46 of them") {
  check_same_cost("flips", make_injector(bit_flip{}, exactly{100}), 101);
  check_same_cost("stuck-at", make_injector(stuck_at_1{}, exactly_elements{100}), 101);
  check_same_cost("values", make_injector(scale{2}, exactly{100}), 101);
  check_same_cost("noise", make_injector(additive_noise{normal{0, 1}}, exactly_elements{50}), 51);
  check_same_cost("chain", make_injector(chain{bit_flip{}, scale{2}}, exactly{100}), 101);
  check_same_cost("format", make_injector(bit_flip{}, exactly{80}, formats::float8_e4m3{}), 81);
  check_same_cost("at", make_injector(bit_flip{}, at{coordinates{1, 2}, coordinates{99, 999}}), 3);
  check_same_cost("box", make_injector(bit_flip{}, exactly{70}, region{range{3, 90, 2}}), 71);
}

TEST_CASE("contract 2: exactly the elements that are hit are asked for") {
  const auto injector = make_injector(bit_flip{}, exactly_elements{200}, bits::given{5});
  const extents<2> e{40, 100};
  const auto asked = asked_for<false>(injector, e);
  std::vector<float> memory(e.size(), 1.0f);
  REQUIRE(injector.apply(view(memory.data(), e), key).ok());
  std::set<index_t> changed{0}; // address(0) is looked at to refuse a null pointer; not accessed
  for (index_t i = 0; i < memory.size(); ++i)
    if (memory[i] != 1.0f)
      changed.insert(i);
  CHECK(changed.size() >= 200);
  CHECK(std::set<index_t>(asked.begin(), asked.end()) == changed);
}

TEST_CASE("contract 2: prefetching at most doubles the addresses that are computed") {
  const auto asked = asked_for<true>(make_injector(bit_flip{}, exactly{1000}), {1000, 1000});
  CHECK(asked.size() <= 2001);
}

TEST_CASE("contract 2: a rate costs its expected faults") {
  const auto sites = [](double p, const extents<2>& e) {
    return asked_for<false>(make_injector(bit_flip{}, rate::per_bit(p)), e).size();
  };
  // 2^51 bits, 225 faults expected; six standard deviations are 90: a false alarm in 5e8 keys.
  const auto faults = sites(1e-13, {index_t{1} << 22, index_t{1} << 24});
  CHECK(faults > 225 - 90);
  CHECK(faults < 225 + 90);
  CHECK(sites(0, {index_t{1} << 22, index_t{1} << 24}) <= 1);
}

TEST_CASE("contract 2: restoring asks for the same elements once more") {
  std::vector<float> memory(4096);
  std::vector<index_t> asked;
  asked.reserve(10000);
  const counting_view<false> v{memory.data(), memory.size(), {1000, 1000}, &asked};
  {
    auto injected = make_injector(bit_flip{}, exactly{100}).scoped(v, key);
    CHECK(asked.size() <= 102);
  }
  CHECK(asked.size() <= 202);
  CHECK(asked.size() >= 200);
}

TEST_CASE("contract 2: apply allocates nothing, and scoped flips neither") {
  std::vector<float> memory = any_bits<float>(size);
  const auto v = view(memory.data(), shape);
  const auto counted_during = [](auto f) {
    const std::size_t before = allocations;
    f();
    return allocations - before;
  };
  std::size_t used = counted_during([&] {
    static_cast<void>(make_injector(bit_flip{}, exactly{100}).apply(v, key));
    static_cast<void>(make_injector(scale{2}, rate::per_element(0.1), burst{3}).apply(v, key));
  });
  CHECK(used == 0);
  used = counted_during([&] {
    auto a = make_injector(bit_flip{}, exactly{100}).scoped(v, key);
    auto b = make_injector(bit_flip{}, rate::per_bit(0.1), burst{2}).scoped(v, key);
    auto c = make_injector(bit_flip{}, every{}, bits::all{}).scoped(v, key);
  });
  CHECK(used == 0);
  std::vector<std::uint32_t> scratch(1000);
  used =
      counted_during([&] { auto a = make_injector(zero{}, exactly{100}).scoped(v, key, scratch); });
  CHECK(used == 0);
  used = counted_during([&] { auto a = make_injector(zero{}, exactly{100}).scoped(v, key); });
  CHECK(used == 1);
}

TEST_CASE("contract 2: scratch is one bit an event for stuck-at, one word a cell for values") {
  const auto words = [](const auto& injector) {
    return injector.template bind<float>(shape).required_scratch(key);
  };
  CHECK(words(make_injector(bit_flip{}, exactly{100})) == 0);
  CHECK(words(make_injector(bit_flip{}, rate::per_bit(0.5))) == 0);
  CHECK(words(make_injector(stuck_at_1{}, exactly{100})) == 4);
  CHECK(words(make_injector(stuck_at_1{}, exactly{64})) == 2);
  CHECK(words(make_injector(stuck_at_1{}, exactly{64}, bits::adjacent{3})) == 64);
  CHECK(words(make_injector(zero{}, exactly{100})) == 100);
  CHECK(words(make_injector(zero{}, exactly{100}, burst{3})) == 300);
  CHECK(words(make_injector(bit_flip{}, exactly{100}, formats::half{})) == 100);

  std::vector<float> memory = any_bits<float>(size);
  const std::size_t before = allocated_bytes;
  { auto a = make_injector(stuck_at_1{}, exactly{1000}).scoped(view(memory.data(), shape), key); }
  CHECK(allocated_bytes - before == 4 * 32);
}

#if __has_include(<sys/mman.h>)

TEST_CASE("contract 2: elements outside the region lie in memory that cannot be read") {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t in_page = page / sizeof(float);
  void* const memory = ::mmap(nullptr, 64 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto* const first = static_cast<float*>(memory);
  // Three of 64 pages may be touched. The others end the process if they are.
  const std::set<std::size_t> open{7, 8, 50};
  for (const std::size_t p : open)
    REQUIRE(::mprotect(first + p * in_page, page, PROT_READ | PROT_WRITE) == 0);
  const extents<2> e{64, in_page};
  const auto flips = make_injector(bit_flip{}, exactly{500}, region{range{7, 9}});
  const auto values = make_injector(scale{2}, rate::per_element(0.01), batch_entry(50), burst{9});
  {
    auto a = flips.scoped(view(first, e), key);
    auto b = values.scoped(view(first, e), key);
    auto c = flips.scoped(threads{4, 1}, view(first, e), key);
    std::size_t flipped = 0;
    for (std::size_t i = 7 * in_page; i < 9 * in_page; ++i)
      flipped += static_cast<std::size_t>(bitfault::detail::popcount(to_word(first[i])));
    CHECK(flipped == 0); // a and c cancel: the same 500 sites
    c.restore();
    for (std::size_t i = 7 * in_page; i < 9 * in_page; ++i)
      flipped += static_cast<std::size_t>(bitfault::detail::popcount(to_word(first[i])));
    CHECK(flipped == 500);
  }
  for (const std::size_t p : open)
    for (std::size_t i = 0; i < in_page; ++i)
      REQUIRE(to_word(first[p * in_page + i]) == 0);
  ::munmap(memory, 64 * page);
}

#endif
