// SPDX-License-Identifier: MIT
// Faults in 32-bit tensors whose plans are made on the microcontroller, and taken back.
#include <bitfault/embedded.hpp>

#include <cstdint>

using namespace bitfault;

namespace {

template <class Injector, class View>
bool there_and_back(const Injector& injector, const View& tensor, const fault_key& key,
                    word_t<typename View::element_type>* scratch) {
  const auto plan = injector.bind(tensor);
  const span<word_t<typename View::element_type>> words(scratch, scratch == nullptr ? 0 : 16);
  return plan.apply(serial{}, tensor, key, words).ok() &&
         plan.restore(serial{}, tensor, key, words).ok();
}

} // namespace

extern "C" bool exactly_k(float* w, std::uint32_t size, std::uint32_t k, const fault_key& key) {
  return there_and_back(make_injector(bit_flip{}, exactly{k}), view(w, size), key, nullptr);
}
extern "C" bool exactly_in_bits(float* w, std::uint32_t size, const fault_key& key) {
  return there_and_back(make_injector(bit_flip{}, exactly{3}, bits::exponent{}), view(w, size), key,
                        nullptr);
}
extern "C" bool exactly_in_region(std::int32_t* w, const extents<4>& e, const fault_key& key) {
  return there_and_back(make_injector(bit_flip{}, exactly{3}, region{all, 3, range{2, 8}}),
                        view(w, e), key, nullptr);
}
extern "C" bool elements(std::int32_t* w, std::uint32_t size, const fault_key& key,
                         std::uint32_t* scratch) {
  return there_and_back(make_injector(stuck_at_0{}, exactly_elements{8}), view(w, size), key,
                        scratch);
}
extern "C" bool at_coordinates(float* w, const extents<4>& e, const fault_key& key,
                               std::uint32_t* scratch) {
  return there_and_back(make_injector(stuck_at_1{}, at{coordinates{3, 0, 1, 2}}, bits::given{30}),
                        view(w, e), key, scratch);
}
extern "C" bool rows(std::uint32_t* w, const extents<2>& e, const fault_key& key) {
  return there_and_back(make_injector(bit_flip{}, exactly_elements{2}, row{}), view(w, e), key,
                        nullptr);
}
extern "C" bool registers(volatile std::uint32_t* w, std::uint32_t size, const fault_key& key) {
  return there_and_back(make_injector(bit_flip{}, exactly{2}), view(w, size), key, nullptr);
}
extern "C" bool listed(std::int32_t* w, std::uint32_t size, const listed_fault* faults,
                       std::uint32_t count) {
  return apply_faults(span<const listed_fault>(faults, count), view(w, size)).ok();
}
