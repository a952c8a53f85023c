# Language level, warnings, sanitizers: the INTERFACE target `build_options`, linked by every target of the project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_FIND_PACKAGE_WARN_NO_MODULE OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or Asan" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")  # no -DNDEBUG: assertions stay, they cost nothing beside the GEMMs
set(CMAKE_CXX_FLAGS_ASAN "-O1 -g1")
set(CMAKE_EXE_LINKER_FLAGS_ASAN "")
set(CMAKE_CXX_FLAGS_FUZZ "-O1 -g1")
set(CMAKE_EXE_LINKER_FLAGS_FUZZ "")

add_library(build_options INTERFACE)
target_compile_options(build_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror -fopenmp
  -fPIC)  # after the -fPIE that CMake gives executables: one precompiled header serves them and the libraries
target_include_directories(build_options INTERFACE ${CMAKE_SOURCE_DIR})
if(CMAKE_BUILD_TYPE STREQUAL "Asan")
  target_compile_options(build_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                                 -fno-omit-frame-pointer)
  target_link_options(build_options INTERFACE -fsanitize=address,undefined)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Fuzz")  # clang, whose warnings are others and whose OpenMP is not the wheel's
  target_compile_options(build_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
                                                 -fno-omit-frame-pointer -fno-openmp -Wno-error)
  target_link_options(build_options INTERFACE -fsanitize=address,undefined)
endif()

# ccache when present. A precompiled header is cached too, and a clone in another folder finds the objects.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_BASEDIR=${CMAKE_SOURCE_DIR};CCACHE_NOHASHDIR=1;CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime;${CCACHE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(build_options INTERFACE -fpch-preprocess)
  else()
    target_compile_options(build_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endif()
