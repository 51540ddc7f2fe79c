# SPDX-License-Identifier: MIT

# find_package(bitfault 0.1 COMPONENTS core host eigen xtensor campaign torch)
# The core (bitfault::bitfault) is always there and needs nothing. Each other component is looked for
# only if it is named.
include(${CMAKE_CURRENT_LIST_DIR}/bitfault-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/bitfault-components.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/bitfault-fault-array.cmake)

set(bitfault_core_FOUND TRUE)
foreach(bitfault_component IN LISTS bitfault_FIND_COMPONENTS)
  if(bitfault_component STREQUAL "core")
    continue()
  endif()
  bitfault_add_component(${bitfault_component} bitfault_missing)
  if(NOT bitfault_missing)
    set(bitfault_${bitfault_component}_FOUND TRUE)
  else()
    set(bitfault_${bitfault_component}_FOUND FALSE)
    if(bitfault_FIND_REQUIRED_${bitfault_component})
      set(bitfault_FOUND FALSE)
      string(APPEND bitfault_NOT_FOUND_MESSAGE "${bitfault_missing}\n")
    endif()
  endif()
endforeach()
unset(bitfault_component)
unset(bitfault_missing)
