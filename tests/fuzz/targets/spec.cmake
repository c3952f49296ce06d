# The readers of documents, one target each.
foreach(reader IN ITEMS markdown html piped scraped)
  portcullis_fuzz(fuzz_${reader}
    SOURCES spec/${reader}_fuzz.cpp
    DEPENDS Portcullis::spec
    SEEDS spec/seeds/${reader}
    DICTIONARY spec/documents.dict)
endforeach()
portcullis_fuzz(fuzz_cells SOURCES spec/cells_fuzz.cpp DEPENDS Portcullis::spec SEEDS spec/seeds/cells MAX_LENGTH 512 DICTIONARY spec/documents.dict)
