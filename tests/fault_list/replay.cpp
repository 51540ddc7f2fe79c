// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <functional>
#include <sstream>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using bitfault::extents;
using bitfault::fault_key;
using bitfault::fault_list;
using bitfault::status;
using fault_list_tests::tensor;

fault_list through_a_file(const fault_list& list) {
  std::stringstream file;
  list.save(file);
  std::stringstream text;
  list.save_csv(text);
  fault_list loaded = fault_list::load(file);
  CHECK(loaded == list);
  CHECK(fault_list::load(text) == list);
  return loaded;
}

/// draw -> save -> load -> apply leaves what injector.apply leaves; draw writes nothing; restore
/// takes all of it back. Returns the number of faults over some keys. The injector comes as two
/// functions, so that this is compiled once for each element type and kind of view.
template <class T, class View>
std::size_t check_replay(std::size_t size, View (*view_of)(const tensor<T>&),
                         const std::function<fault_list(const View&, const fault_key&)>& draw,
                         const std::function<status(const View&, const fault_key&)>& apply) {
  std::size_t faults = 0;
  bool changed = false;
  for (std::uint64_t trial = 0; trial < 4; ++trial) {
    const fault_key key{42, trial, 3, static_cast<std::uint32_t>(trial)};
    const tensor<T> golden(size);
    const tensor<T> applied(golden), replayed(golden);
    const View view = view_of(replayed);
    fault_list list = through_a_file(draw(view, key));
    CHECK(replayed == golden);
    CHECK(list.header().key == key);
    REQUIRE(apply(view_of(applied), key).ok());
    REQUIRE(list.apply(view).ok());
    CHECK(replayed == applied);
    REQUIRE(list.restore(view).ok());
    CHECK(replayed == golden);
    {
      const auto injected = list.scoped(view);
      CHECK(replayed == applied);
    }
    CHECK(replayed == golden);
    REQUIRE(std::as_const(list).reapply(view).ok());
    CHECK(replayed == applied);
    faults += list.size();
    changed = changed || !(applied == golden);
  }
  CHECK(changed);
  return faults;
}

template <class T>
auto dense(const tensor<T>& t) {
  return bitfault::view(t.data(), extents{t.size() / 20, 4, 5});
}
template <class T>
auto transposed(const tensor<T>& t) {
  const extents e{t.size() / 20, 4, 5};
  return bitfault::view(t.data(), e, bitfault::column_major_strides(e));
}

template <class T, class View, class Injector>
std::size_t replay(const Injector& injector, std::size_t size, View (*view_of)(const tensor<T>&)) {
  return check_replay<T, View>(
      size, view_of, [&](const View& v, const fault_key& key) { return injector.draw(v, key); },
      [&](const View& v, const fault_key& key) { return injector.apply(v, key); });
}

template <class T, class Injector>
std::size_t replays(const Injector& injector, std::size_t size = 600) {
  return replay<T>(injector, size, &dense<T>);
}
template <class T, class Injector>
std::size_t replays_in_strides(const Injector& injector) {
  return replay<T>(injector, 600, &transposed<T>);
}

template <class T>
void bit_faults_replay() {
  using bitfault::make_injector;
  const auto flips = make_injector(bitfault::bit_flip{}, bitfault::exactly{60});
  CHECK(replays<T>(flips) == 240);
  CHECK(replays_in_strides<T>(flips) == 240);
  CHECK(replays<T>(make_injector(bitfault::stuck_at_0{}, bitfault::exactly{60})) == 240);
  CHECK(replays<T>(make_injector(bitfault::stuck_at_1{}, bitfault::rate::per_bit(0.05))) > 0);
  CHECK(replays_in_strides<T>(make_injector(bitfault::scale{-3}, bitfault::exactly_elements{50})) ==
        200);
}

/// Word level, its result depends on the data, and the order of two events on one word matters.
struct add_mask {
  template <class W>
    requires std::is_unsigned_v<W>
  constexpr W operator()(W word, W mask, auto&) const noexcept {
    return static_cast<W>(word * 3u + mask);
  }
};

} // namespace

TEST_CASE("a saved and loaded list does what the injector does, for every element type") {
  bit_faults_replay<float>();
  bit_faults_replay<double>();
  bit_faults_replay<std::int8_t>();
  bit_faults_replay<std::uint16_t>();
  bit_faults_replay<std::int64_t>();
  bit_faults_replay<bool>();
  bit_faults_replay<bitfault::half>();
  bit_faults_replay<bitfault::bfloat16>();
}

TEST_CASE("a list replays patterns, regions, bits and lifetimes") {
  using bitfault::make_injector;
  const bitfault::bit_flip flip;
  const bitfault::exactly some{25};
  CHECK(replays<float>(make_injector(flip, some, bitfault::burst{7})) > 600);
  CHECK(replays<float>(make_injector(flip, some, bitfault::whole_channel{0})) > 600);
  CHECK(replays<float>(make_injector(flip, some, bitfault::tile{2, 2})) > 100);
  CHECK(replays<float>(make_injector(flip, some, bitfault::row{})) == 4 * 125);
  CHECK(replays<float>(make_injector(bitfault::stuck_at_1{}, some, bitfault::column{},
                                     bitfault::bits::exponent{})) == 4 * 100);
  CHECK(replays<float>(make_injector(flip, some, bitfault::region{3})) == 80 + 20);
  CHECK(replays<std::int16_t>(make_injector(flip, bitfault::rate::per_bit(0.3))) >
        600); // dense sweep
  CHECK(replays<float>(make_injector(flip, bitfault::rate::per_element(0.1),
                                     bitfault::bits::adjacent{3})) > 0);
  CHECK(replays<float>(make_injector(flip, bitfault::every{}, bitfault::bits::all{})) == 2400);
  CHECK(replays<float>(make_injector(flip, bitfault::each_entry{bitfault::exactly{2}})) == 240);
  CHECK(replays<float>(make_injector(flip, bitfault::at{17, 17, 99}, bitfault::bits::sign{})) ==
        12);
  CHECK(replays<float>(make_injector(flip, some, bitfault::permanent{})) == 100);
  const auto blinking = make_injector(flip, some, bitfault::intermittent{0.5});
  const std::size_t active = replays<float>(blinking);
  CHECK(active > 0);
  CHECK(active < 100);
}

TEST_CASE("a list replays value faults") {
  using bitfault::make_injector;
  const bitfault::exactly_elements some{40};
  CHECK(replays<float>(make_injector(bitfault::constant{1.5f}, some)) == 160);
  CHECK(replays<float>(make_injector(bitfault::random_value{-1, 1}, some)) == 160);
  CHECK(replays<std::int8_t>(
            make_injector(bitfault::replacement{bitfault::uniform_integer{-9, 9}}, some)) == 160);
  CHECK(replays<float>(make_injector(bitfault::scale{-3.5}, some)) == 160);
  CHECK(replays<bitfault::half>(
            make_injector(bitfault::random_scale{bitfault::uniform{0.5, 4}}, some)) == 160);
  CHECK(replays<double>(make_injector(bitfault::additive_noise{bitfault::normal{0, 1}}, some)) ==
        160);
  // An element of several events belongs to the first, so it is listed once.
  CHECK(replays<float>(make_injector(bitfault::random_value{0, 1}, bitfault::exactly_elements{200},
                                     bitfault::burst{5})) <= 2400);
  CHECK(replays<float>(make_injector(bitfault::scale{2}, bitfault::exactly_elements{200},
                                     bitfault::burst{5})) <= 2400);
  const std::vector<float> values{1, -2, 3e30f};
  CHECK(replays<float>(
            make_injector(bitfault::value_list<float>{values}, bitfault::at{5, 500, 20})) == 12);
  CHECK(replays<std::int32_t>(make_injector(
            [](auto value, auto&) { return static_cast<decltype(value)>(value / 2); }, some)) ==
        160);
}

TEST_CASE("a list replays events that meet in one word, in their order") {
  using bitfault::make_injector;
  // 400 of 20 * 32 bits: nearly every word is hit by many events.
  const bitfault::exactly many{400};
  CHECK(replays<float>(make_injector(add_mask{}, many), 20) == 1600);
  CHECK(replays<std::uint8_t>(make_injector(add_mask{}, bitfault::exactly{100}), 20) == 400);
  CHECK(replays<float>(
            make_injector(bitfault::chain{bitfault::stuck_at_0{}, bitfault::bit_flip{}}, many),
            20) == 1600);
  CHECK(
      replays<float>(make_injector(bitfault::mixture{bitfault::weighted{1, bitfault::bit_flip{}},
                                                     bitfault::weighted{1, bitfault::stuck_at_1{}}},
                                   many),
                     20) == 1600);
  CHECK(replays<float>(make_injector(bitfault::chain{bitfault::bit_flip{}, bitfault::scale{2}},
                                     bitfault::exactly{60}),
                       200) > 0);
  CHECK(replays<float>(make_injector(bitfault::bit_flip{}, bitfault::exactly{100},
                                     bitfault::formats::quantized<std::int8_t>{0.25, 0}),
                       20) == 400);
  const std::vector<std::uint32_t> masks{1, 3, 0x80000000u};
  CHECK(replays<float>(make_injector(bitfault::flip_masks<std::uint32_t>{masks},
                                     bitfault::at{5, 5, 20})) == 12);
}
