# Writes a C++ file that holds the bytes of INPUT: cmake -DINPUT=... -DOUTPUT=... -P embed_vocabulary.cmake
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
string(REGEX REPLACE "(('[^']*',){24})" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "// Generated from vocabulary.yaml.
#include \"spec/vocabulary.h\"

namespace portcullis::spec {

static constexpr char kText[] = {
${bytes}
};

std::string_view built_in_vocabulary_text() { return {kText, sizeof kText}; }

}  // namespace portcullis::spec
")
