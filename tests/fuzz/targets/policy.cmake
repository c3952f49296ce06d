# Site files, ClassBench filters and traces.
portcullis_fuzz(fuzz_site SOURCES policy/site_fuzz.cpp DEPENDS Portcullis::policy SEEDS policy/seeds ../data/sites
  DICTIONARY policy/site.dict)
