# SPDX-License-Identifier: MIT

# What tests, examples and benchmarks of this repository share. Nothing here reaches a consumer.

set(CMAKE_CXX_EXTENSIONS OFF)
find_package(Python3 COMPONENTS Interpreter QUIET)

add_library(bitfault_warnings INTERFACE)
target_compile_options(
  bitfault_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
)

# Every component that can be had, for programs that show or test more than the core.
add_library(bitfault_everything INTERFACE)
target_link_libraries(bitfault_everything INTERFACE bitfault::bitfault)
foreach(component IN LISTS bitfault_components)
  if(TARGET bitfault::${component})
    target_link_libraries(bitfault_everything INTERFACE bitfault::${component})
  endif()
endforeach()

# LibTorch, for the tests and examples that name it. Its headers are no C++20 for clang 14, and it
# was not built with a sanitizer.
option(BITFAULT_TORCH "Build what needs LibTorch, where it is installed" ON)
set(bitfault_torch_missing "")
if(NOT BITFAULT_TORCH)
  set(bitfault_torch_missing "BITFAULT_TORCH is off")
elseif(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(bitfault_torch_missing "it is built by g++ without sanitizers")
else()
  set(CMAKE_MESSAGE_LOG_LEVEL_BEFORE ${CMAKE_MESSAGE_LOG_LEVEL})
  set(CMAKE_MESSAGE_LOG_LEVEL NOTICE) # its package tells what else it finds
  bitfault_add_component(torch bitfault_torch_missing GLOBAL)
  set(CMAKE_MESSAGE_LOG_LEVEL ${CMAKE_MESSAGE_LOG_LEVEL_BEFORE})
endif()
if(bitfault_torch_missing)
  message(STATUS "tests and examples with LibTorch are left out: ${bitfault_torch_missing}")
endif()

# One file with the whole library in it, as releases carry it.
if(Python3_FOUND)
  set(bitfault_single_header ${PROJECT_BINARY_DIR}/single/bitfault_single.hpp)
  add_custom_command(
    OUTPUT ${bitfault_single_header}
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/make_single_header.py
            ${PROJECT_SOURCE_DIR}/include bitfault/bitfault.hpp ${bitfault_single_header}
    DEPENDS ${PROJECT_SOURCE_DIR}/cmake/make_single_header.py ${bitfault_headers}
    COMMENT "Writing bitfault_single.hpp"
    VERBATIM
  )
  add_custom_target(single_header DEPENDS ${bitfault_single_header})
endif()
