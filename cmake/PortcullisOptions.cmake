# Language level, warnings, sanitizers and switches that every target shares.
option(PORTCULLIS_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(PORTCULLIS_FUZZ "Build the fuzz targets (needs clang)" OFF)
option(PORTCULLIS_BENCHMARKS "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(PORTCULLIS_SCALE_MODEL "Build the model of the geometry scale, 10,240 rules (docs/scale.md)" ON)
option(PORTCULLIS_SCALE_NIC "Build the NIC of the geometry scale too, for the DPDK driver (docs/scale.md)" OFF)
option(PORTCULLIS_SANITIZE "Address and undefined-behaviour sanitizers" OFF)
option(PORTCULLIS_COVERAGE "Coverage counters" OFF)
set(PORTCULLIS_SHARED "${CMAKE_SOURCE_DIR}/../shared" CACHE PATH "Folder with the documents and filter sets that some tests use")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# Our own code is compiled with these; generated code (Verilator's) is not.
add_library(portcullis_warnings INTERFACE)
# Compiled by a profile (PortcullisProfile.cmake) other functions are inlined, and GCC has doubts about other places: no errors there.
target_compile_options(portcullis_warnings INTERFACE -Wall -Wextra -Wconversion $<$<NOT:$<BOOL:$<TARGET_PROPERTY:PORTCULLIS_PROFILED>>>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlaps in "text" + std::string that are not there (GCC bug 105651), as inlining has it.
  target_compile_options(portcullis_warnings INTERFACE -Wno-restrict)
endif()

if(PORTCULLIS_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()
if(PORTCULLIS_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# portcullis_library(NAME part SOURCES ... DEPENDS ...): one library of the project, portcullis_<part>, alias Portcullis::<part>.
# Headers of host/<part> are included as "part/header.h".
function(portcullis_library part)
  cmake_parse_arguments(ARG "" "ROOT" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  if(NOT ARG_ROOT)
    set(ARG_ROOT ${CMAKE_SOURCE_DIR}/host)
  endif()
  add_library(portcullis_${part} STATIC ${ARG_SOURCES})
  add_library(Portcullis::${part} ALIAS portcullis_${part})
  set_target_properties(portcullis_${part} PROPERTIES EXPORT_NAME ${part})
  target_include_directories(portcullis_${part} PUBLIC
    $<BUILD_INTERFACE:${ARG_ROOT}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/portcullis>)
  target_compile_features(portcullis_${part} PUBLIC cxx_std_20)
  target_link_libraries(portcullis_${part} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS} $<BUILD_INTERFACE:portcullis_warnings>)
  set_property(GLOBAL APPEND PROPERTY PORTCULLIS_LIBRARIES portcullis_${part})
endfunction()
