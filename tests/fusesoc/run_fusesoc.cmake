# Without CORE: compares the cores' file lists with the manifests (check_cores.py). With it: runs a target of a core, and fails unless that
# succeeds and prints EXPECT.
# In: FUSESOC (the command), ROOT (the repository), WORK (a folder for the output); CORE, TARGET, FLAGS, EXPECT.
cmake_minimum_required(VERSION 3.25)
if(NOT EXISTS ${FUSESOC})
  message("skipped: ${FUSESOC} is not there (make installs it)")
  return()
endif()
file(MAKE_DIRECTORY ${WORK})
if(NOT DEFINED CORE)
  get_filename_component(bin ${FUSESOC} DIRECTORY)
  set(command ${bin}/python ${ROOT}/tests/fusesoc/check_cores.py ${FUSESOC} ${ROOT} ${WORK})
  set(EXPECT "portcullis::filter: ")
else()
  file(WRITE ${WORK}/fusesoc.conf "[main]\n")  # nobody's own libraries
  set(command ${FUSESOC} --config ${WORK}/fusesoc.conf --cores-root ${ROOT}/rtl --cores-root ${ROOT}/tests/fusesoc --cores-root ${ROOT}/examples
    run --clean --target=${TARGET} --work-root ${WORK}/work ${FLAGS} portcullis:${CORE})
endif()
execute_process(COMMAND ${command} WORKING_DIRECTORY ${WORK} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "failed:\n${output}")
endif()
string(FIND "${output}" "${EXPECT}" place)
if(place EQUAL -1)
  message(FATAL_ERROR "did not print '${EXPECT}':\n${output}")
endif()
