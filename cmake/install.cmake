# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)

set(bitfault_package_dir share/cmake/bitfault)

install(TARGETS bitfault EXPORT bitfault FILE_SET HEADERS)
install(EXPORT bitfault NAMESPACE bitfault:: FILE bitfault-targets.cmake
        DESTINATION ${bitfault_package_dir}
)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/bitfault-config-version.cmake
  COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT
)
install(FILES ${PROJECT_BINARY_DIR}/bitfault-config-version.cmake
              ${PROJECT_SOURCE_DIR}/cmake/bitfault-config.cmake
              ${PROJECT_SOURCE_DIR}/cmake/bitfault-components.cmake
              ${PROJECT_SOURCE_DIR}/cmake/bitfault-fault-array.cmake
              ${PROJECT_SOURCE_DIR}/cmake/fault_list_to_array.py
        DESTINATION ${bitfault_package_dir}
)
