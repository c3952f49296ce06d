# RTL to C++ models with Verilator, at build time, through CMake's own compiler calls.
#
# portcullis_verilate(target TOP module PREFIX name MANIFEST file.f [PARAMETERS P=1 ...] [ARGUMENTS --flag ...] [TRACE] [ASSERT] [COVERAGE])
#   A static library `target` with the class `name` (header "name.h") of `module` under these parameters.
#   MANIFEST is relative to rtl/, and so are the paths inside; manifests may include each other with `-f`, and a file named twice is read once.
#   TRACE compiles FST tracing in (about 10 % slower even when no trace is written).
#   ASSERT compiles the assertions of pcl_assert.svh in.
#   COVERAGE counts what is executed, branch by branch, and both ways of every single-bit signal; portcullis_verilated_coverage has what writes it.
# portcullis_verilate_refuses(NAME test TOP module MANIFEST file.f PARAMETERS P=1 ... MESSAGE text)
#   A ctest test: elaboration under these parameters fails, and says `text`.
#
# -Wall without UNUSEDPARAM: a package serves more modules than the one that is built.
# Generated code is always compiled with -O3 (a model at -O0 is 30 times slower) and -fno-semantic-interposition (position-independent code that nobody
# replaces when it is loaded: a tenth faster), without sanitizers and coverage counters: it is not ours to check.
# PORTCULLIS_MODEL_COMPILER compiles the models by another compiler than the rest of the project (one whose C++ library is the same, as clang++ beside g++), and
# PORTCULLIS_MODEL_FLAGS adds options there, as -march=native for a program that need not run elsewhere: docs/benchmarks.md says what that gains.
# Verilator's own make file is not used: Debian's 5.006 compiles with OPT_FAST=-Os, which would override -O3.
find_program(VERILATOR_EXECUTABLE verilator REQUIRED DOC "Verilator 5.006 or newer (Debian package verilator)")
find_path(VERILATOR_INCLUDE verilated.h HINTS ENV VERILATOR_ROOT PATHS /usr/share/verilator /usr/local/share/verilator PATH_SUFFIXES include REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
set(PORTCULLIS_RTL ${CMAKE_SOURCE_DIR}/rtl)
set(PORTCULLIS_VERILATE_STEP ${CMAKE_CURRENT_LIST_DIR}/VerilateStep.cmake)
set(PORTCULLIS_GENERATED_OPTIONS -O3 -fno-semantic-interposition -w -fno-sanitize=all -fno-profile-arcs -fno-test-coverage)
set(PORTCULLIS_MODEL_COMPILER "" CACHE STRING "C++ compiler of the Verilated models; empty: that of the project")
set(PORTCULLIS_MODEL_FLAGS "" CACHE STRING "Further compiler options of the Verilated models")
separate_arguments(flags UNIX_COMMAND "${PORTCULLIS_MODEL_FLAGS}")
list(APPEND PORTCULLIS_GENERATED_OPTIONS ${flags})
if(PORTCULLIS_MODEL_COMPILER)
  find_program(PORTCULLIS_MODEL_COMPILER_FOUND NAMES ${PORTCULLIS_MODEL_COMPILER} NO_CACHE)
  if(NOT PORTCULLIS_MODEL_COMPILER_FOUND)
    message(FATAL_ERROR "PORTCULLIS_MODEL_COMPILER is \"${PORTCULLIS_MODEL_COMPILER}\", and there is no such program; install it, or leave it empty")
  endif()
  if(PORTCULLIS_PROFILE)
    message(FATAL_ERROR "PORTCULLIS_PROFILE needs the models compiled by GCC; leave PORTCULLIS_MODEL_COMPILER empty")
  endif()
endif()
set(PORTCULLIS_MODEL_LAUNCHER ${CMAKE_CURRENT_LIST_DIR}/model-compiler.sh ${PORTCULLIS_MODEL_COMPILER_FOUND})
if(PORTCULLIS_PROFILE STREQUAL use)
  # With -w GCC would be silent about counts of other sources.
  list(REMOVE_ITEM PORTCULLIS_GENERATED_OPTIONS -w)
endif()

# Verilator's run-time library, shared by all models of a program.
add_library(portcullis_verilated STATIC
  ${VERILATOR_INCLUDE}/verilated.cpp ${VERILATOR_INCLUDE}/verilated_threads.cpp ${VERILATOR_INCLUDE}/verilated_fst_c.cpp)
target_include_directories(portcullis_verilated SYSTEM PUBLIC
  $<BUILD_INTERFACE:${VERILATOR_INCLUDE}> $<BUILD_INTERFACE:${VERILATOR_INCLUDE}/vltstd>)
target_compile_definitions(portcullis_verilated PUBLIC VM_COVERAGE=0 VM_SC=0 VM_TRACE=1 VM_TRACE_VCD=0 VM_TRACE_FST=1)
target_compile_options(portcullis_verilated PRIVATE ${PORTCULLIS_GENERATED_OPTIONS})
target_link_libraries(portcullis_verilated PUBLIC Threads::Threads ZLIB::ZLIB)
portcullis_profiled(portcullis_verilated)
if(PORTCULLIS_MODEL_COMPILER)
  set_target_properties(portcullis_verilated PROPERTIES CXX_COMPILER_LAUNCHER "${PORTCULLIS_MODEL_LAUNCHER}")
endif()

add_library(portcullis_verilated_coverage STATIC EXCLUDE_FROM_ALL ${VERILATOR_INCLUDE}/verilated_cov.cpp)
target_compile_options(portcullis_verilated_coverage PRIVATE ${PORTCULLIS_GENERATED_OPTIONS})
target_link_libraries(portcullis_verilated_coverage PUBLIC portcullis_verilated)

function(portcullis_verilate target)
  cmake_parse_arguments(ARG "TRACE;ASSERT;COVERAGE" "TOP;PREFIX;MANIFEST" "PARAMETERS;ARGUMENTS" ${ARGN})
  foreach(needed IN ITEMS TOP PREFIX MANIFEST)
    if(NOT ARG_${needed})
      message(FATAL_ERROR "portcullis_verilate(${target}): ${needed} is missing")
    endif()
  endforeach()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}.verilated)
  set(arguments --cc -O3 -Wall -Wno-UNUSEDPARAM --x-assign fast --x-initial fast --prefix ${ARG_PREFIX} --top-module ${ARG_TOP} --Mdir ${folder})
  foreach(parameter IN LISTS ARG_PARAMETERS)
    list(APPEND arguments -G${parameter})
  endforeach()
  if(ARG_TRACE)
    list(APPEND arguments --trace-fst --trace-structs)
  endif()
  if(ARG_ASSERT)
    list(APPEND arguments --assert)
  endif()
  if(ARG_COVERAGE)
    # Vectors are left out: each of their bits would be two points, and a bus of 512 bits some thousands.
    list(APPEND arguments --coverage-line --coverage-toggle --coverage-max-width 1)
  endif()
  list(APPEND arguments ${ARG_ARGUMENTS})
  add_custom_command(
    OUTPUT ${folder}/${ARG_PREFIX}.h ${folder}/${ARG_PREFIX}_fast.cc ${folder}/${ARG_PREFIX}_slow.cc
    COMMAND ${CMAKE_COMMAND} -DVERILATOR=${VERILATOR_EXECUTABLE} -DFOLDER=${folder} -DPREFIX=${ARG_PREFIX} -DRTL=${PORTCULLIS_RTL}
      -DMANIFEST=${ARG_MANIFEST} "-DARGUMENTS=${arguments}" -P ${PORTCULLIS_VERILATE_STEP}
    DEPENDS ${PORTCULLIS_VERILATE_STEP} ${PORTCULLIS_RTL}/${ARG_MANIFEST}
    DEPFILE ${folder}/${ARG_PREFIX}.dep
    COMMENT "Verilating ${ARG_TOP} for ${target}"
    VERBATIM)
  add_library(${target} STATIC ${folder}/${ARG_PREFIX}_fast.cc ${folder}/${ARG_PREFIX}_slow.cc)
  set_source_files_properties(${folder}/${ARG_PREFIX}_slow.cc PROPERTIES COMPILE_OPTIONS -O0)
  target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${folder}>)
  target_compile_options(${target} PRIVATE ${PORTCULLIS_GENERATED_OPTIONS})
  target_link_libraries(${target} PUBLIC portcullis_verilated)
  portcullis_profiled(${target})
  if(PORTCULLIS_MODEL_COMPILER)
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER "${PORTCULLIS_MODEL_LAUNCHER}")
  endif()
  if(ARG_COVERAGE)
    target_link_libraries(${target} PUBLIC portcullis_verilated_coverage)
  endif()
endfunction()

function(portcullis_verilate_refuses)
  cmake_parse_arguments(ARG "" "NAME;TOP;MANIFEST;MESSAGE" "PARAMETERS" ${ARGN})
  set(arguments --lint-only -Wno-lint --top-module ${ARG_TOP})
  foreach(parameter IN LISTS ARG_PARAMETERS)
    list(APPEND arguments -G${parameter})
  endforeach()
  add_test(NAME ${ARG_NAME}
    COMMAND ${CMAKE_COMMAND} -DVERILATOR=${VERILATOR_EXECUTABLE} -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/${ARG_NAME}.refused -DRTL=${PORTCULLIS_RTL}
      -DMANIFEST=${ARG_MANIFEST} "-DARGUMENTS=${arguments}" "-DREFUSAL=${ARG_MESSAGE}" -P ${PORTCULLIS_VERILATE_STEP})
endfunction()
