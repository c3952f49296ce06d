# A campaign on one machine, by make: shards whose result is there are not run again, so an interrupted one goes on where it stopped.
#   make -f bench/campaign/campaign.mk -j 8 -k OUT=results SHARDS=1000 PACKETS=100000000
# GNU parallel does the same:
#   seq 0 999 | parallel --joblog results.log portcullis campaign --seed 1 --packets 100000000 --shards 1000 --shard {} --out results
PORTCULLIS ?= build/bin/portcullis
OUT ?= campaign-results
SEED ?= 1
SHARDS ?= 16
PACKETS ?= 1000000

numbers := $(shell seq 0 $$(($(SHARDS) - 1)))
files := $(foreach number,$(numbers),$(OUT)/$(shell printf 'shard-%06d-of-%06d.json' $(number) $(SHARDS)))

.PHONY: merge
merge: $(files)
	$(PORTCULLIS) campaign merge $(OUT) -o $(OUT).json

# A shard with a mismatch writes its result and ends with 1; merge then says what differs and how to repeat it.
$(OUT)/shard-%-of-$(shell printf %06d $(SHARDS)).json:
	@$(PORTCULLIS) campaign --seed $(SEED) --packets $(PACKETS) --shards $(SHARDS) --shard $$(expr $* + 0) --out $(OUT) || [ -f $@ ]
