// SPDX-License-Identifier: MIT

// The golden vectors of draw version 1: which faults a key gives. THESE LITERALS MUST NEVER CHANGE.
// A fault in a paper or a bug report is named by its key; if a line here has to be changed, that
// fault is another one. A new draw gets a new draw version, a new file like this one, and leaves
// this one as it is. New cases may be added at the end: `test_selectors "print the golden vectors"`
// prints what is drawn now.

#include <bitfault/config/version.hpp>
#include <bitfault/make.hpp>
#include <bitfault/random/permutation.hpp>
#include <bitfault/random/source.hpp>
#include <bitfault/selectors/at.hpp>
#include <bitfault/selectors/each_entry.hpp>
#include <bitfault/selectors/exactly.hpp>
#include <bitfault/selectors/rate.hpp>
#include <bitfault/space/complement.hpp>
#include <bitfault/space/multi_cell_upset.hpp>

#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

using namespace bitfault;

namespace {

struct cell_of {
  std::uint64_t element;
  std::uint64_t mask;
  friend bool operator==(const cell_of&, const cell_of&) = default;
};

/// One draw: how many cells it has, a hash of all of them in their order, and the first four.
struct drawn_cells {
  std::uint64_t cells = 0;
  std::uint64_t hash = 0xCBF29CE484222325; // FNV-1a over element, mask and event
  std::vector<cell_of> first;

  void add(std::uint64_t element, std::uint64_t mask, std::uint64_t event) {
    for (const std::uint64_t number : {element, mask, event})
      for (int byte = 0; byte < 8; ++byte)
        hash = (hash ^ ((number >> (8 * byte)) & 0xFF)) * 0x100000001B3;
    if (++cells <= 4)
      first.push_back({element, mask});
  }
};

using vectors = std::map<std::string, drawn_cells>;

constexpr fault_key key{.seed = 42, .trial = 7, .stream = 3, .step = 1};

template <class T, std::size_t N, class... Policy>
drawn_cells draw(const extents<N>& e, const fault_key& k, const Policy&... policy) {
  const auto plan = make_injector(bit_flip{}, policy...).template bind<T>(e);
  REQUIRE(plan.state().ok());
  drawn_cells result;
  plan.for_each_fault(k, [&](const auto& cell, unsigned, std::uint64_t event, index_t,
                             const auto&) { result.add(cell.element, cell.mask, event); });
  return result;
}

/// Everything that is frozen, as it is drawn now.
vectors drawn_now() {
  constexpr extents weights{64, 3, 32, 32};
  constexpr extents<2> huge(index_t{1} << 20, index_t{1} << 16);
  constexpr double above_64th = 0x1.0000000000001p-6;
  vectors v;
  v["exactly 5 of float 64,3,32,32"] = draw<float>(weights, key, exactly{5});
  v["exactly 5 of float 64,3,32,32, key 0"] = draw<float>(weights, fault_key{}, exactly{5});
  v["exactly 1000 of float 64,3,32,32"] = draw<float>(weights, key, exactly{1000});
  v["exactly 56 of int8 7"] = draw<std::int8_t>(extents{7}, key, exactly{56});
  v["exactly 1 of bool 1"] = draw<bool>(extents{1}, key, exactly{1});
  v["exactly 3 of bool 3"] = draw<bool>(extents{3}, key, exactly{3});
  v["exactly 100 of double 2^36"] = draw<double>(huge, key, exactly{100});
  v["exactly 20 of uint16 5000"] = draw<std::uint16_t>(extents{5000}, key, exactly{20});
  v["exactly_elements 6 of float 64,3,32,32"] = draw<float>(weights, key, exactly_elements{6});
  v["exactly_elements 6, exponent"] =
      draw<float>(weights, key, exactly_elements{6}, bits::exponent{});
  v["exactly_elements 6, adjacent 3"] =
      draw<float>(weights, key, exactly_elements{6}, bits::adjacent{3});
  v["fraction 1e-4 of float 64,3,32,32"] = draw<float>(weights, key, fraction{1e-4});
  v["per_bit 1e-12 of double 2^36"] = draw<double>(huge, key, rate::per_bit(1e-12));
  v["per_bit 1e-6 of float 64,3,32,32"] = draw<float>(weights, key, rate::per_bit(1e-6));
  v["per_bit 1e-4 of float 64,3,32,32"] = draw<float>(weights, key, rate::per_bit(1e-4));
  v["per_bit 1e-3 of int8 1000"] = draw<std::int8_t>(extents{1000}, key, rate::per_bit(1e-3));
  v["per_bit 2^-9 of int8 999"] = draw<std::int8_t>(extents{999}, key, rate::per_bit(0x1p-9));
  v["per_bit 2^-7 of int8 999"] = draw<std::int8_t>(extents{999}, key, rate::per_bit(0x1p-7));
  v["per_bit 0.01 of float 3,5,7"] = draw<float>(extents{3, 5, 7}, key, rate::per_bit(0.01));
  v["per_bit 2^-6 of float 3,5,7"] = draw<float>(extents{3, 5, 7}, key, rate::per_bit(0x1p-6));
  v["per_bit above 2^-6 of float 3,5,7"] =
      draw<float>(extents{3, 5, 7}, key, rate::per_bit(above_64th));
  v["per_bit 0.1 of float 3,5,7"] = draw<float>(extents{3, 5, 7}, key, rate::per_bit(0.1));
  v["per_bit 0.5 of double 77"] = draw<double>(extents{77}, key, rate::per_bit(0.5));
  v["per_bit 1 of bool 40"] = draw<bool>(extents{40}, key, rate::per_bit(1));
  v["per_element 1e-4 of float 64,3,32,32"] = draw<float>(weights, key, rate::per_element(1e-4));
  v["per_element 0.01 of int16 4,300"] =
      draw<std::int16_t>(extents{4, 300}, key, rate::per_element(0.01));
  v["per_element 0.2 of int16 4,300"] =
      draw<std::int16_t>(extents{4, 300}, key, rate::per_element(0.2));
  v["each_entry exactly 2 of float 5,3,4"] =
      draw<float>(extents{5, 3, 4}, key, each_entry{exactly{2}});
  v["each_entry exactly_elements 2 of float 5,3,4"] =
      draw<float>(extents{5, 3, 4}, key, each_entry{exactly_elements{2}});
  v["exactly 4 in channel 1 of float 64,3,32,32"] =
      draw<float>(weights, key, exactly{4}, channel(1));
  v["exactly 4 outside channel 1 of float 64,3,32,32"] =
      draw<float>(weights, key, exactly{4}, complement{channel(1)});
  v["exactly 3 given bits of float 64,3,32,32"] =
      draw<float>(weights, key, exactly{3}, bits::given{0, 5, from_msb(0)});
  v["exactly 2, tiles of 2,3, of int8 6,10"] =
      draw<std::int8_t>(extents{6, 10}, key, exactly{2}, tile{2, 3});
  v["exactly 2, upsets of 3 x 2 of int8 6,10"] = draw<std::int8_t>(
      extents{6, 10}, key, exactly{2},
      multi_cell_upset{.columns = 3, .rows = 2, .interleaving = 2, .words_per_row = 10});
  v["intermittent 0.5, exactly 20 of float 64,3,32,32"] =
      draw<float>(weights, key, exactly{20}, intermittent{0.5});

  drawn_cells stream, child, source, order;
  const random_stream random(key);
  for (std::uint32_t purpose_number = 1; purpose_number <= 7; ++purpose_number)
    for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{1} << 40}) {
      const philox_block b = random.block(static_cast<purpose>(purpose_number), index, 5);
      stream.add(b.wide(0), b.wide(1), 0);
    }
  for (const std::uint64_t entry : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 33}) {
    const philox_block b = random.child(entry).block(purpose::model, 9);
    child.add(b.wide(0), b.wide(1), 0);
  }
  for (const std::uint32_t mask : {0u, 31u}) {
    random_source words(random, 12345, mask, 0);
    for (int i = 0; i < 4; ++i) {
      const std::uint64_t first = words.next64();
      const std::uint64_t second = words.below(1000);
      source.add(first, second, words.next32());
    }
  }
  for (const index_t size : {index_t{2}, index_t{10}, index_t{160'000}, index_t{1} << 62}) {
    const keyed_permutation places(permutation_shape(size), random);
    order.add(places.at(0), places.at(1), places.place_of(0));
  }
  v["words of a stream"] = stream;
  v["words of a stream's children"] = child;
  v["words of a source"] = source;
  v["places of permutations"] = order;
  return v;
}

// clang-format off
const vectors golden = {
    {"each_entry exactly 2 of float 5,3,4",
     {10, 0xC6C177F461D9A1A7, {{8u, 0x2000000}, {1u, 0x80}, {16u, 0x40000000}, {15u, 0x2000000}}}},
    {"each_entry exactly_elements 2 of float 5,3,4",
     {10, 0xABC49D15FE6DCF14, {{4u, 0x400}, {2u, 0x1}, {13u, 0x1}, {21u, 0x8}}}},
    {"exactly 1 of bool 1",
     {1, 0x32D42A0EED270AC4, {{0u, 0x1}}}},
    {"exactly 100 of double 2^36",
     {100, 0xEB937DAF727FE45C, {{16792314271u, 0x2000000000}, {6176810878u, 0x400000000000}, {39368127289u, 0x200000000}, {44057401601u, 0x80}}}},
    {"exactly 1000 of float 64,3,32,32",
     {1000, 0x5B8810BF7C8FED9E, {{67787u, 0x1000000}, {162171u, 0x2000}, {76483u, 0x100000}, {189101u, 0x1000}}}},
    {"exactly 2, tiles of 2,3, of int8 6,10",
     {8, 0xA605EAC727CD94B9, {{39u, 0x80}, {49u, 0x80}, {1u, 0x40}, {2u, 0x40}}}},
    {"exactly 2, upsets of 3 x 2 of int8 6,10",
     {8, 0x04C6A2FE1F433CB9, {{39u, 0x80}, {49u, 0x80}, {1u, 0x40}, {0u, 0x80}}}},
    {"exactly 20 of uint16 5000",
     {20, 0x971C51B82799A566, {{4625u, 0x4}, {1400u, 0x100}, {3015u, 0x80}, {2841u, 0x40}}}},
    {"exactly 3 given bits of float 64,3,32,32",
     {3, 0x3A5F95D071B5A48D, {{13456u, 0x20}, {156197u, 0x20}, {145771u, 0x20}}}},
    {"exactly 3 of bool 3",
     {3, 0x5609EC1057B13F84, {{1u, 0x1}, {2u, 0x1}, {0u, 0x1}}}},
    {"exactly 4 in channel 1 of float 64,3,32,32",
     {4, 0x97EA84B9F9094497, {{28743u, 0x20000}, {167554u, 0x1000}, {44593u, 0x100000}, {87508u, 0x2000}}}},
    {"exactly 4 outside channel 1 of float 64,3,32,32",
     {4, 0xB3CA44FF752A7141, {{76078u, 0x40}, {191194u, 0x100}, {141991u, 0x2000}, {190245u, 0x100000}}}},
    {"exactly 5 of float 64,3,32,32",
     {5, 0xF2949C6E82D28C24, {{67787u, 0x1000000}, {162171u, 0x2000}, {76483u, 0x100000}, {189101u, 0x1000}}}},
    {"exactly 5 of float 64,3,32,32, key 0",
     {5, 0x29877A1BF879B6AD, {{163842u, 0x800000}, {183444u, 0x80000}, {26876u, 0x20000}, {30481u, 0x400000}}}},
    {"exactly 56 of int8 7",
     {56, 0xAE7C2417C5C833BA, {{5u, 0x10}, {1u, 0x1}, {5u, 0x20}, {3u, 0x80}}}},
    {"exactly_elements 6 of float 64,3,32,32",
     {6, 0x5212BAC5B9AB9705, {{34394u, 0x200000}, {20432u, 0x400}, {148398u, 0x400}, {43228u, 0x2}}}},
    {"exactly_elements 6, adjacent 3",
     {6, 0xD6430F9B58B66A42, {{34394u, 0x700000}, {20432u, 0xE00}, {148398u, 0xE00}, {43228u, 0xE}}}},
    {"exactly_elements 6, exponent",
     {6, 0x7D30A153A038297B, {{34394u, 0x10000000}, {20432u, 0x2000000}, {148398u, 0x2000000}, {43228u, 0x800000}}}},
    {"fraction 1e-4 of float 64,3,32,32",
     {629, 0x6C6D83655DB20E20, {{67787u, 0x1000000}, {162171u, 0x2000}, {76483u, 0x100000}, {189101u, 0x1000}}}},
    {"intermittent 0.5, exactly 20 of float 64,3,32,32",
     {10, 0xBE23B14F47F9CBD0, {{129411u, 0x200}, {22597u, 0x40}, {134093u, 0x40000}, {158732u, 0x40000000}}}},
    {"per_bit 0.01 of float 3,5,7",
     {27, 0xC62B76B4469B2648, {{6u, 0x800}, {7u, 0x40000000}, {13u, 0x4}, {13u, 0x80000}}}},
    {"per_bit 0.1 of float 3,5,7",
     {353, 0xFB037368D10AFD14, {{0u, 0x20000}, {0u, 0x40000}, {0u, 0x100000}, {1u, 0x800000}}}},
    {"per_bit 0.5 of double 77",
     {2474, 0x4C2A12719E61F300, {{0u, 0x1}, {0u, 0x4}, {0u, 0x8}, {0u, 0x80}}}},
    {"per_bit 1 of bool 40",
     {40, 0xC113D4445F1BB4A5, {{0u, 0x1}, {1u, 0x1}, {2u, 0x1}, {3u, 0x1}}}},
    {"per_bit 1e-12 of double 2^36",
     {3, 0xBBEFEEA400512A70, {{20978662387u, 0x800}, {59656327538u, 0x400000}, {58968642492u, 0x4000000000}}}},
    {"per_bit 1e-3 of int8 1000",
     {4, 0xE04AA619AF78BB68, {{153u, 0x8}, {402u, 0x40}, {337u, 0x8}, {990u, 0x40}}}},
    {"per_bit 1e-4 of float 64,3,32,32",
     {621, 0x11010E3EF857D426, {{998u, 0x800}, {435u, 0x20000000}, {1764u, 0x400000}, {1837u, 0x100}}}},
    {"per_bit 1e-6 of float 64,3,32,32",
     {3, 0xB337DCEEF47D9F0F, {{63462u, 0x800}, {107236u, 0x400000}, {103403u, 0x1000000}}}},
    {"per_bit 2^-6 of float 3,5,7",
     {49, 0x4AA2D2D5DF420648, {{6u, 0x800}, {6u, 0x8000}, {6u, 0x40000000}, {9u, 0x1000000}}}},
    {"per_bit 2^-7 of int8 999",
     {58, 0xB3D9BA89F65CFAE6, {{25u, 0x8}, {54u, 0x8}, {70u, 0x80}, {89u, 0x20}}}},
    {"per_bit 2^-9 of int8 999",
     {15, 0xE2D101201EA9F39E, {{25u, 0x8}, {146u, 0x40}, {162u, 0x80}, {478u, 0x40}}}},
    {"per_bit above 2^-6 of float 3,5,7",
     {55, 0x5ABE9E6645AD7D9C, {{0u, 0x40000}, {0u, 0x100000}, {6u, 0x1000000}, {7u, 0x4000}}}},
    {"per_element 0.01 of int16 4,300",
     {10, 0x2416B10B2AF51D43, {{203u, 0x20}, {254u, 0x1}, {418u, 0x8000}, {435u, 0x4000}}}},
    {"per_element 0.2 of int16 4,300",
     {232, 0xCAFFA1AD5595CEF6, {{2u, 0x1}, {17u, 0x200}, {18u, 0x4}, {20u, 0x40}}}},
    {"per_element 1e-4 of float 64,3,32,32",
     {19, 0x50C2AA1A6AC471D5, {{31947u, 0x400000}, {13949u, 0x2000000}, {56470u, 0x80000}, {58792u, 0x80}}}},
    {"places of permutations",
     {4, 0x6008F7409AEA25A7, {{1u, 0x0}, {4u, 0x8}, {83038u, 0x1A6CD}, {329095884205465964u, 0x1BCD06FB54812D3C}}}},
    {"words of a source",
     {8, 0x0F6BF232C73EC18C, {{13330095023678895520u, 0x2E5}, {11566107389534694707u, 0x146}, {10228548957575989063u, 0x8B}, {12936348783721622801u, 0x1A6}}}},
    {"words of a stream",
     {14, 0xF612885635CC53C2, {{8079827344778290136u, 0xF5D8F6D310977FBA}, {13203522530388270227u, 0x976C95BE4D32B0F5}, {5877215516920979704u, 0x1F02D489CEA32BFE}, {11071940598196736275u, 0xE7538C363AB8C2E9}}}},
    {"words of a stream's children",
     {3, 0x5A7BEF025046EFFA, {{571662715619345083u, 0xAFE4C1408DE49DF9}, {3808792163300292419u, 0x28EB66CCC5328A43}, {1001822501996037266u, 0xE97BD81AF91525C0}}}},
};
// clang-format on

} // namespace

TEST_CASE("draw version 1 gives the faults that it always gave") {
  REQUIRE(draw_version == 1);
  const vectors now = drawn_now();
  CHECK(now.size() == golden.size());
  for (const auto& [name, due] : golden) {
    CAPTURE(name);
    REQUIRE(now.contains(name));
    const drawn_cells& got = now.at(name);
    CHECK(got.cells == due.cells);
    CHECK((got.first == due.first));
    CHECK(got.hash == due.hash);
  }
}

TEST_CASE("print the golden vectors", "[.print]") {
  for (const auto& [name, v] : drawn_now()) {
    std::printf("    {\"%s\",\n     {%llu, 0x%016llX, {", name.c_str(),
                static_cast<unsigned long long>(v.cells), static_cast<unsigned long long>(v.hash));
    for (std::size_t i = 0; i < v.first.size(); ++i)
      std::printf("%s{%lluu, 0x%llX}", i == 0 ? "" : ", ",
                  static_cast<unsigned long long>(v.first[i].element),
                  static_cast<unsigned long long>(v.first[i].mask));
    std::printf("}}},\n");
  }
  SUCCEED();
}
