# SPDX-License-Identifier: MIT

# The components beside the core. Used by the source tree and by the installed package, so that a
# component means the same in both. Their headers always ship; what a component adds is the library
# that its headers need.
set(bitfault_components host eigen xtensor campaign)
# LibTorch is not among those that are looked for here by themselves: it is large, and what links it
# starts slowly. `find_package(bitfault COMPONENTS torch)` has it.

# Defines bitfault::<component>, or sets <missing> to the reason why it cannot. More words: GLOBAL
# makes the target visible everywhere; LOADED takes the library only if its target is there already.
function(bitfault_add_component component missing)
  cmake_parse_arguments(PARSE_ARGV 2 arg "GLOBAL;LOADED" "" "")
  set(scope "")
  if(arg_GLOBAL)
    set(scope GLOBAL)
  endif()
  set(needs "")
  set(${missing} "" PARENT_SCOPE)
  if(TARGET bitfault::${component})
    return()
  endif()

  if(component STREQUAL "host")
    set(target Threads::Threads)
    set(package Threads)
    set(hint "a threads library")
  elseif(component STREQUAL "eigen")
    set(target Eigen3::Eigen)
    set(package Eigen3)
    set(hint "Eigen 3 (Debian package libeigen3-dev)")
  elseif(component STREQUAL "xtensor")
    set(target xtensor)
    set(package xtensor)
    set(hint "xtensor (Debian package libxtensor-dev)")
  elseif(component STREQUAL "campaign")
    set(target SQLite::SQLite3)
    set(package SQLite3)
    set(hint "SQLite 3 (Debian package libsqlite3-dev)")
    set(needs host)
  elseif(component STREQUAL "torch")
    set(target torch)
    set(package Torch)
    set(hint "LibTorch (Debian package libtorch-dev)")
    set(needs host)
  else()
    set(${missing} "bitfault has no component '${component}'; it has core, host, eigen, xtensor, campaign, torch"
        PARENT_SCOPE
    )
    return()
  endif()

  if(needs)
    bitfault_add_component(${needs} needs_missing ${ARGN})
    if(needs_missing)
      set(${missing} "${needs_missing}" PARENT_SCOPE)
      return()
    endif()
    list(TRANSFORM needs PREPEND bitfault::)
  endif()
  if(NOT TARGET ${target} AND NOT arg_LOADED)
    find_package(${package} QUIET ${scope})
  endif()
  if(NOT TARGET ${target})
    set(${missing} "component '${component}' of bitfault needs ${hint}, which was not found"
        PARENT_SCOPE
    )
    return()
  endif()
  add_library(bitfault::${component} INTERFACE IMPORTED ${scope})
  if(component STREQUAL "torch")
    set(target ${TORCH_LIBRARIES}) # it needs its other libraries by name
    # Torch looks for libc10 beside its own, too, and would link that of another LibTorch.
    if(TARGET c10)
      list(FILTER target EXCLUDE REGEX "/libc10\\.[a-z]+$")
      list(APPEND target c10)
    endif()
  endif()
  target_link_libraries(bitfault::${component} INTERFACE bitfault::bitfault ${needs} ${target})
endfunction()
