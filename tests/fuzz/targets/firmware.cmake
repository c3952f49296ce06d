# The firmware's parser of streamed images. It shares what it checks with fuzz_image, so it runs at night.
portcullis_fuzz(fuzz_image_stream SOURCES firmware/image_stream_fuzz.cpp DEPENDS firmware_parser Portcullis::tables MAX_LENGTH 128)
if(TEST fuzz:fuzz_image_stream)
  set_tests_properties(fuzz:fuzz_image_stream PROPERTIES LABELS "fuzz;nightly")
endif()
