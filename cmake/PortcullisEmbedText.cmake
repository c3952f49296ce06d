# Puts a text file into a library as a C++ function that returns its bytes, so that the binary needs no file.
#
#   portcullis_embed_text(INPUT words.yaml OUTPUT lint/words_text.cpp HEADER policy/lint/words.h
#                         NAMESPACE portcullis::policy::lint FUNCTION words_text)
#
# HEADER declares `std::string_view FUNCTION();` in NAMESPACE, and with SHA256_FUNCTION another function, which returns
# the SHA-256 of the file in hexadecimal digits. INPUT is relative to the calling folder, OUTPUT to its
# binary folder; the caller lists OUTPUT among its sources. This file is also the script that writes OUTPUT.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(PORTCULLIS_EMBED_TEXT_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

  function(portcullis_embed_text)
    cmake_parse_arguments(ARG "" "INPUT;OUTPUT;HEADER;NAMESPACE;FUNCTION;SHA256_FUNCTION" "" ${ARGN})
    set(input ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_INPUT})
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${ARG_OUTPUT})
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DHEADER=${ARG_HEADER} -DNAMESPACE=${ARG_NAMESPACE}
        -DFUNCTION=${ARG_FUNCTION} -DSHA256_FUNCTION=${ARG_SHA256_FUNCTION} -P ${PORTCULLIS_EMBED_TEXT_SCRIPT}
      DEPENDS ${input} ${PORTCULLIS_EMBED_TEXT_SCRIPT}
      VERBATIM)
  endfunction()
  return()
endif()

file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
string(REGEX REPLACE "(('[^']*',){24})" "\\1\n" bytes "${bytes}")
get_filename_component(name ${INPUT} NAME)
set(sha256 "")
if(SHA256_FUNCTION)
  file(SHA256 ${INPUT} digits)
  set(sha256 "std::string_view ${SHA256_FUNCTION}() { return \"${digits}\"; }\n")
endif()
file(WRITE ${OUTPUT} "// Generated from ${name}.
#include \"${HEADER}\"

namespace ${NAMESPACE} {

static constexpr char kText[] = {
${bytes}
};

std::string_view ${FUNCTION}() { return {kText, sizeof kText}; }
${sha256}
}  // namespace ${NAMESPACE}
")
