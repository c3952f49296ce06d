# The firmware's parsers of streamed images. They share what they check with others, so they run at night.
portcullis_fuzz(fuzz_image_stream SOURCES firmware/image_stream_fuzz.cpp firmware/stream.cpp DEPENDS firmware_parser Portcullis::tables MAX_LENGTH 128)
if(TEST fuzz:fuzz_image_stream)
  set_tests_properties(fuzz:fuzz_image_stream PROPERTIES LABELS "fuzz;nightly")
endif()
portcullis_fuzz(fuzz_tree_stream SOURCES firmware/tree_stream_fuzz.cpp firmware/stream.cpp DEPENDS firmware_parser Portcullis::tables MAX_LENGTH 128)
if(TEST fuzz:fuzz_tree_stream)
  set_tests_properties(fuzz:fuzz_tree_stream PROPERTIES LABELS "fuzz;nightly")
endif()
