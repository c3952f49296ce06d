# Runs a Python program with the nightly environment.
# In: PYTHON, ARGUMENTS.
cmake_minimum_required(VERSION 3.25)
if(NOT EXISTS ${PYTHON})
  message("skipped: ${PYTHON} is not there (scripts/install-dependencies.sh nightly makes it)")
  return()
endif()
execute_process(COMMAND ${PYTHON} ${ARGUMENTS} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "failed")
endif()
