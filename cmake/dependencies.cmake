# Third-party libraries: Debian's by find_package, libtorch and Arrow out of their Python wheels under .deps/.
# scripts/setup fills .deps; the traps behind the lines below are told in docs/architecture.md, "Dependencies".
set(CAPPY_DEPS ${CMAKE_SOURCE_DIR}/.deps CACHE PATH "folder that scripts/setup filled")
set(CAPPY_TORCH ${CAPPY_DEPS}/torch-2.13.0 CACHE PATH "folder of libtorch: include/ and lib/")
set(CAPPY_ARROW ${CAPPY_DEPS}/arrow-26.0.1 CACHE PATH "folder of Arrow C++: include/ and libarrow.so.*")

if(NOT EXISTS ${CAPPY_TORCH}/lib/libtorch_cpu.so)
  message(FATAL_ERROR "no libtorch in ${CAPPY_TORCH}: run ./scripts/setup, or pass -DCAPPY_TORCH=DIR")
endif()

find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS program_options)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(simdjson REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(ZLIB REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)  # Debian's package has no CMake file

# yaml-cpp 0.7 calls its target yaml-cpp, 0.8 yaml-cpp::yaml-cpp.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

# libtorch without its own find_package: that one adds a stray rpath, and wants a CUDA toolkit for the CUDA wheel.
add_library(torch::torch INTERFACE IMPORTED)
target_include_directories(torch::torch SYSTEM INTERFACE ${CAPPY_TORCH}/include
                                                         ${CAPPY_TORCH}/include/torch/csrc/api/include)
target_link_options(torch::torch INTERFACE -Wl,--no-as-needed)  # operators register when libtorch_cpu is loaded
target_link_options(torch::torch INTERFACE $<$<NOT:$<CONFIG:Fuzz>>:-fopenmp>)  # at::parallel_for is inline; at run time it finds the wheel's libgomp
foreach(library c10 torch_cpu torch c10_cuda torch_cuda)  # the last two: only in the CUDA wheel
  if(EXISTS ${CAPPY_TORCH}/lib/lib${library}.so)
    add_library(torch::lib${library} SHARED IMPORTED)
    set_target_properties(torch::lib${library} PROPERTIES IMPORTED_LOCATION ${CAPPY_TORCH}/lib/lib${library}.so)
    target_link_libraries(torch::torch INTERFACE torch::lib${library})
  endif()
endforeach()

# Arrow: versioned names, no CMake files; libparquet finds libarrow beside itself. libparquet exports an OpenSSL and a simdjson
# of its own, other versions than the system's: these come before it, among the options because CMake sorts libraries.
foreach(library arrow parquet)
  file(GLOB file ${CAPPY_ARROW}/lib${library}.so.*)
  if(NOT file)
    message(FATAL_ERROR "no lib${library} in ${CAPPY_ARROW}: run ./scripts/setup, or pass -DCAPPY_ARROW=DIR")
  endif()
  add_library(arrow::lib${library} SHARED IMPORTED)
  set_target_properties(arrow::lib${library} PROPERTIES IMPORTED_LOCATION ${file})
  target_include_directories(arrow::lib${library} SYSTEM INTERFACE ${CAPPY_ARROW}/include)
endforeach()
add_library(arrow::parquet INTERFACE IMPORTED)
target_link_options(arrow::parquet INTERFACE -Wl,--no-as-needed $<TARGET_FILE:OpenSSL::Crypto>
                                             $<TARGET_FILE:simdjson::simdjson>)
target_link_libraries(arrow::parquet INTERFACE arrow::libparquet arrow::libarrow)
