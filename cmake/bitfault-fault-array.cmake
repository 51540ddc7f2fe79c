# SPDX-License-Identifier: MIT

# bitfault_fault_array(TARGET FAULT_LIST NAME)
#
# Lets TARGET include NAME.hpp, which holds the faults of the file FAULT_LIST (either form) as the
# constant array NAME and the extents of their tensor as NAME_extents. It needs Python 3.
set(bitfault_fault_array_script ${CMAKE_CURRENT_LIST_DIR}/fault_list_to_array.py)

function(bitfault_fault_array target list name)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  cmake_path(ABSOLUTE_PATH list BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/bitfault_fault_arrays)
  set(header ${folder}/${name}.hpp)
  get_property(known SOURCE ${header} PROPERTY GENERATED)
  if(NOT known)
    add_custom_command(
      OUTPUT ${header}
      COMMAND ${Python3_EXECUTABLE} ${bitfault_fault_array_script} ${list} ${header} ${name}
      DEPENDS ${bitfault_fault_array_script} ${list}
      COMMENT "Writing ${name}.hpp"
      VERBATIM
    )
  endif()
  target_sources(${target} PRIVATE ${header})
  target_include_directories(${target} PRIVATE ${folder})
endfunction()
