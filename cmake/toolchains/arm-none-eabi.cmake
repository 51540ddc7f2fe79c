# SPDX-License-Identifier: MIT

# Bare Arm microcontrollers. The headers of the C++ library are all that is needed beside the
# compiler (Debian: gcc-arm-none-eabi libstdc++-arm-none-eabi-dev); no C library is linked. Which
# processor it is goes to the target's options.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)

# There is nothing yet that a program could be linked with.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
