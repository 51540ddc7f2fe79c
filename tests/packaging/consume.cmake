# SPDX-License-Identifier: MIT
# cmake -D WAY=... -D BITFAULT_SOURCE=... -D FOLDER=... -D CMAKE_CXX_COMPILER=... -P consume.cmake
#
# Builds and runs the consumer. With FAILS_WITH, its configuration has to fail with these words.
file(REMOVE_RECURSE ${FOLDER})
set(options -G Ninja -D CMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -D CMAKE_BUILD_TYPE=Release)

if(WAY STREQUAL "installed")
  execute_process(
    COMMAND ${CMAKE_COMMAND} ${options} -S ${BITFAULT_SOURCE} -B ${FOLDER}/bitfault
            -D BITFAULT_TESTS=OFF -D BITFAULT_EXAMPLES=OFF -D BITFAULT_TOOLS=OFF
            -D BITFAULT_BENCHMARKS=OFF -D CMAKE_INSTALL_PREFIX=${FOLDER}/prefix
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY
  )
  execute_process(
    COMMAND ${CMAKE_COMMAND} --install ${FOLDER}/bitfault
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY
  )
  list(APPEND options -D CMAKE_PREFIX_PATH=${FOLDER}/prefix)
elseif(WAY STREQUAL "single")
  execute_process(
    COMMAND ${PYTHON} ${BITFAULT_SOURCE}/cmake/make_single_header.py ${BITFAULT_SOURCE}/include
            bitfault/bitfault.hpp ${FOLDER}/single/bitfault_single.hpp
    COMMAND_ERROR_IS_FATAL ANY
  )
endif()

execute_process(
  COMMAND ${CMAKE_COMMAND} ${options} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${FOLDER}/consumer
          -D WAY=${WAY} -D BITFAULT_SOURCE=${BITFAULT_SOURCE} -D SINGLE_HEADER_FOLDER=${FOLDER}/single
          "-DCOMPONENTS=${COMPONENTS}" ${HIDE}
  RESULT_VARIABLE status
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output
)
if(FAILS_WITH)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  string(FIND "${output}" "${FAILS_WITH}" place)
  if(status EQUAL 0 OR place EQUAL -1)
    message(FATAL_ERROR "configuration must fail and say '${FAILS_WITH}'; it said:\n${output}")
  endif()
  message("as it should: ${FAILS_WITH}")
  return()
endif()
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${output}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} --build ${FOLDER}/consumer COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${FOLDER}/consumer/consumer COMMAND_ERROR_IS_FATAL ANY)
