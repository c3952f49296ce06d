# Profile-guided optimisation of the models and of the code that drives them, with GCC (docs/benchmarks.md). `make profile-guided` does all of it.
#
#   -DPORTCULLIS_PROFILE=generate    instrumented: programs count what they run, and add it to PORTCULLIS_PROFILE_FOLDER when they end. A little slower.
#   -DPORTCULLIS_PROFILE=use         compiled by the counts in PORTCULLIS_PROFILE_FOLDER. They must be of the same sources, built in the same folder: GCC's counts
#                                    name generated sources with it.
#                                    Targets without counts there are compiled as without a profile: GCC's -fprofile-use without counts makes slower code.
#
# portcullis_profiled(target): the target takes part. Call it when the target's own compile options are complete.
set(PORTCULLIS_PROFILE "" CACHE STRING "Profile-guided optimisation of the models: generate, use, or empty for none")
set_property(CACHE PORTCULLIS_PROFILE PROPERTY STRINGS "" generate use)
set(PORTCULLIS_PROFILE_FOLDER ${CMAKE_BINARY_DIR}/profile CACHE PATH "Folder of the profile")

if(PORTCULLIS_PROFILE)
  if(NOT PORTCULLIS_PROFILE MATCHES "^(generate|use)$")
    message(FATAL_ERROR "PORTCULLIS_PROFILE is \"${PORTCULLIS_PROFILE}\"; it is generate, use, or empty")
  endif()
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
    message(FATAL_ERROR "PORTCULLIS_PROFILE needs GCC 12 or newer, and this is ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}; "
      "leave it empty, or configure an empty build folder with -DCMAKE_CXX_COMPILER=g++")
  endif()
  if(PORTCULLIS_SANITIZE OR PORTCULLIS_COVERAGE)
    message(FATAL_ERROR "PORTCULLIS_PROFILE is for speed, and goes neither with PORTCULLIS_SANITIZE nor with PORTCULLIS_COVERAGE; use another build folder")
  endif()
  if(PORTCULLIS_PROFILE STREQUAL use)
    file(GLOB counts ${PORTCULLIS_PROFILE_FOLDER}/*_fast.cc.gcda)
    if(NOT counts)
      message(FATAL_ERROR "PORTCULLIS_PROFILE=use, and there is no profile of a model in ${PORTCULLIS_PROFILE_FOLDER}. `make profile-guided` makes one; by hand, build with "
        "-DPORTCULLIS_PROFILE=generate in this folder, run its `portcullis run`, and configure it with -DPORTCULLIS_PROFILE=use again")
    endif()
    list(LENGTH counts models)
    message(STATUS "Models with a profile: ${models} (${PORTCULLIS_PROFILE_FOLDER})")
  endif()
endif()

function(portcullis_profiled target)
  if(NOT PORTCULLIS_PROFILE)
    return()
  endif()
  # Counts are named after the object's path in its build folder.
  set(place ${PORTCULLIS_PROFILE_FOLDER} -fprofile-prefix-path=${CMAKE_BINARY_DIR})
  if(PORTCULLIS_PROFILE STREQUAL generate)
    target_compile_options(${target} PRIVATE -fprofile-arcs -fprofile-generate=${place})
    target_link_options(${target} INTERFACE -fprofile-generate)
  else()
    file(GLOB counts "${PORTCULLIS_PROFILE_FOLDER}/*#${target}.dir#*.gcda")
    if(NOT counts)
      return()
    endif()
    # Named in the command line, so that other counts are compiled by.
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${counts})
    set(sums "")
    foreach(count IN LISTS counts)
      file(SHA256 ${count} sum)
      string(APPEND sums ${sum})
    endforeach()
    string(SHA256 sums "${sums}")
    set_target_properties(${target} PROPERTIES PORTCULLIS_PROFILED ON)
    target_compile_definitions(${target} PRIVATE PORTCULLIS_PROFILE_COUNTS=${sums})
    # Functions that the training did not run are compiled as without a profile, and a source may have none; counts of other sources are an error.
    target_compile_options(${target} PRIVATE -fprofile-use=${place} -fprofile-partial-training -Wno-missing-profile -Werror=coverage-mismatch)
  endif()
  # ccache does not know of these counts.
  set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER "")
endfunction()
