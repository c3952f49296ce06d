# Writes a C++ file with a function that returns the bytes of a text file, so that the binary needs no file:
#   cmake -DINPUT=words.yaml -DOUTPUT=words_text.cpp -DHEADER=policy/lint/words.h -DNAMESPACE=portcullis::policy::lint
#         -DFUNCTION=words_text -P EmbedText.cmake
# HEADER declares `std::string_view FUNCTION();` in NAMESPACE.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
string(REGEX REPLACE "(('[^']*',){24})" "\\1\n" bytes "${bytes}")
get_filename_component(name ${INPUT} NAME)
file(WRITE ${OUTPUT} "// Generated from ${name}.
#include \"${HEADER}\"

namespace ${NAMESPACE} {

static constexpr char kText[] = {
${bytes}
};

std::string_view ${FUNCTION}() { return {kText, sizeof kText}; }

}  // namespace ${NAMESPACE}
")
