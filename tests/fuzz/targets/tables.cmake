# Image files. An input is an image, or changes to a sound one; so it needs no seeds.
portcullis_fuzz(fuzz_image SOURCES tables/image_fuzz.cpp DEPENDS Portcullis::tables MAX_LENGTH 1024)
portcullis_fuzz(fuzz_scale_image SOURCES tables/scale_image_fuzz.cpp DEPENDS Portcullis::tables MAX_LENGTH 1024)
