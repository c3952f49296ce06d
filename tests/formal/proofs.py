"""The proofs: what is proved of which module in which geometry, how, and what breaks it. prove.py runs them; docs/formal.md tells what they mean."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mutation:
    """A change of one place of the RTL after which the assertion named by `breaks` must fail, or one of `also`, which the same change breaks: solvers differ in what they
    find first."""
    what: str    # in words, for the table
    file: str    # under rtl/
    old: str     # text that is there exactly once
    new: str
    breaks: str  # label of the assertion
    depth: int = 0  # clocks to search; 0: two more than the proof's
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proof:
    name: str
    property: str
    module: str
    geometry: str
    top: str
    harness: tuple[str, ...]     # files in tests/formal
    manifest: str                # under rtl/, "" for none
    depth: int                   # of the induction, or clocks from reset when bounded
    mutations: tuple[Mutation, ...]
    parameters: dict = field(default_factory=dict)
    defines: tuple[str, ...] = ()
    without: tuple[str, ...] = ()  # files of the manifest that a harness stands for
    script: tuple[str, ...] = ()  # Yosys commands before prep
    engine: str = "smtbmc --nopresat bitwuzla"
    search: str = "smtbmc --nopresat bitwuzla"  # engine that looks for what a mutation breaks
    cover_engine: str = "smtbmc --nopresat bitwuzla"
    bounded: bool = False
    covers: bool = True
    cover_depth: int = 0
    fast: bool = True

    @property
    def method(self) -> str:
        if self.bounded:
            return f"bounded, {self.depth} clocks"
        return "PDR" if self.engine.startswith("abc") else f"{self.depth}-induction"


def first_one(body: str, manifest: str, width: int, mutations: tuple[Mutation, ...]) -> Proof:
    return Proof(
        name=f"first_one_{body}_{width}", property="index of the lowest set bit, and whether there is one, for every vector", module=f"pcl_first_one ({body})",
        geometry=f"{width} bits", top="first_one_proof", harness=("first_one_proof.sv",), manifest=manifest, parameters={"WIDTH": width},
        depth=5, mutations=mutations)


def range_table(body: str, manifest: str, width: int, intervals: int, second: int, clocks: int, fast: bool, mutations: tuple[Mutation, ...]) -> Proof:
    return Proof(
        name=f"range_{body}_{intervals}x{width}_{second}", property="interval number of every key under every sorted boundary set; writes to the other bank leave it alone",
        module=f"pcl_range_table ({body})", geometry=f"{intervals} intervals of {width} bits, nodes of 16 and {second}, two banks", top="range_table_proof",
        harness=("range_table_proof.sv",), manifest=manifest, parameters={"WIDTH": width, "INTERVALS": intervals, "SECOND": second, "SORTED": int(body == "hardware")},
        depth=intervals + clocks + 4, bounded=True, engine="abc bmc3", search="abc bmc3", mutations=mutations, fast=fast)


def engine_verdict(address_bits: int, fast: bool, mutations: tuple[Mutation, ...]) -> Proof:
    return Proof(
        name=f"engine_verdict_{address_bits}", property="the verdict of every lookup is the first matching rule's of its bank, with its action, else the default, in time and order; "
        "nothing of the other bank", module="pcl_engine (hardware)", geometry=f"64 rules, 16 intervals, addresses of {address_bits} bits", top="engine_verdict_proof",
        harness=("known_range_table.sv", "constant_ram.sv", "any_counters.sv", "engine_verdict_proof.sv"), manifest="engine/engine_hardware.f",
        without=("engine/pcl_range_table.sv", "prim/pcl_ram_1r1w.sv", "engine/pcl_counters.sv", "engine/pcl_counter_bank.sv"),
        parameters={"ADDRESS_BITS": address_bits}, depth=18 if address_bits <= 32 else 22, cover_depth=30, fast=fast, mutations=mutations)


PROOFS = (
    first_one("generic", "engine/engine.f", 64, (
        Mutation("half words exchanged", "prim/pcl_first_one.sv", "place[3] = rest[7:0] == 0;", "place[3] = rest[15:8] != 0;", "NoSetBitIsLower"),
    )),
    first_one("hardware", "engine/engine_hardware.f", 64, (
        Mutation("one term of the encoder left out", "prim/hardware/pcl_first_one.sv", "(!x[2] && x[3])", "x[3]", "NoSetBitIsLower"),
    )),
    first_one("hardware", "engine/engine_hardware.f", 512, (
        Mutation("place of a group taken from the group beside it", "prim/hardware/pcl_first_one.sv", "place_q[choice[s][LastBits-1:pairs(CLOCKS)]]", "place_q[choice[s][LastBits-1:pairs(CLOCKS)] ^ 1'd1]", "IndexIsASetBit"),
    )),
    range_table("generic", "engine/engine.f", 6, 16, 4, 5, True, (
        Mutation("both banks kept in one place", "prim/pcl_search16.sv", "low[{write_i[0][1], n[3:0]}] = write_inverted_i",
                 "low[{1'b0, n[3:0]}] = write_inverted_i", "NumberOfBoundariesUpToTheKey"),
        Mutation("bank of another key", "engine/pcl_range_table.sv", "assign row = {second_bank, second_index};", "assign row = {bank_q[0], second_index};",
                 "BankTravelsWithTheKey"),
    )),
    range_table("hardware", "engine/engine_hardware.f", 4, 16, 4, 5, True, (
        Mutation("one bank written with the other", "prim/hardware/pcl_search16.sv", "if (write[1]) inverted1_q",
                 "if (write != 0) inverted1_q", "NumberOfBoundariesUpToTheKey"),
    )),
    Proof(
        name="fifo", property="order, contents and number of entries; no over- or underflow within the sender's credits; stable while stalled", module="pcl_fifo",
        geometry="4 entries of 2 bits", top="fifo_proof", harness=("fifo_proof.sv",), manifest="engine/engine.f", depth=12, engine="abc pdr",
        mutations=(
            Mutation("an entry overtakes those before it", "prim/pcl_fifo.sv", "<= behind_copy ? entries[read_copy] : data_i", "<= data_i", "OldestEntryFirst"),
            Mutation("the entry behind the last forgotten", "prim/pcl_fifo.sv", "push_i || read_next_q != write_q;", "push_i;",
                     "OldestEntryFirst"),
            Mutation("the output overwritten", "prim/pcl_fifo.sv", "assign output_free = !valid_o || ready_i;", "assign output_free = 1'b1;", "StableWhileStalled"),
        )),
    Proof(
        name="egress", property="AXI4-Stream master: valid not dropped, stable while stalled; nothing lost, doubled or reordered", module="pcl_filter_egress",
        geometry="2 ports, 64 bits", top="egress_proof", harness=("egress_proof.sv",), manifest="nic/filter.f", depth=3, mutations=(
            Mutation("a beat overwritten while it waits", "nic/pcl_filter_egress.sv", "assign advance = !m_axis_tvalid_o || m_axis_tready_i;", "assign advance = 1'b1;",
                     "ValidIsNotDropped"),
            Mutation("the beat put aside lost", "nic/pcl_filter_egress.sv", "m_axis_tvalid_o <= aside_q || push;", "m_axis_tvalid_o <= push;", "NothingLostOrDoubled"),
            Mutation("metadata not held", "nic/pcl_filter_egress.sv", "m_axis_tuser_o <= aside_user_q;", "m_axis_tuser_o <= '0;", "OldestFirst"),
        )),
    Proof(
        name="registers", property="AXI4-Lite slave: answers hold until they are taken, one for each access, none without, each within 4 clocks", module="pcl_control",
        geometry="64 rules, 16 intervals, 2 ports", top="registers_proof", harness=("registers_proof.sv",), manifest="nic/control.f", depth=5, cover_depth=8,
        mutations=(
            Mutation("write answers not held", "nic/generated/pcl_registers.sv", "if(s_axil_bready) axil_resp_acked = '1;", "axil_resp_acked = '1;", "WriteAnswerHolds"),
            Mutation("one access too many", "nic/generated/pcl_registers.sv", "if(axil_n_in_flight < 2'd2) begin", "if(axil_n_in_flight < 2'd3) begin", "FewUnderWay", depth=12,
                     also=("WriteAnswerHolds",)),
            Mutation("reads of the staged row not answered", "nic/pcl_control.sv", "assign hwif_in.LOAD_DATA.rd_ack = data_ack_q && !data_is_write_q;",
                     "assign hwif_in.LOAD_DATA.rd_ack = 1'b0;", "AnsweredSoon", depth=12),
        )),
    Proof(
        name="frame_buffer", property="whole frames only, all of them, in order, unchanged; nothing of a frame taken back; no over- or underflow; no beat waits more than 5 clocks",
        module="pcl_frame_buffer", geometry="8 beats of 1 bit", top="frame_buffer_proof", harness=("queue_fifo.sv", "frame_buffer_proof.sv"), manifest="nic/filter.f",
        without=("prim/pcl_fifo.sv",), depth=8, cover_depth=30, mutations=(
            Mutation("a frame that was taken back kept", "nic/pcl_frame_buffer.sv", "if (drop_i) write_d = kept_q;", "if (drop_i && last_i) write_d = kept_q;", "BeatsInOrder"),
            Mutation("a beat more than there is room for", "nic/pcl_frame_buffer.sv", "!= (RowBits + 1)'(ROWS);", "<= (RowBits + 1)'(ROWS);", "NoMoreThanTheMemoryHolds", depth=20),
            Mutation("beats let out before their frame is whole", "nic/pcl_frame_buffer.sv", "assign read = read_q != kept_q &&", "assign read = read_q != write_q &&", "WholeFramesOnly"),
        )),
    Proof(
        name="dma_read", property="AXI4 master, read addresses: hold until taken; each burst asked for once, unchanged, within 4 KiB; each beat to its reader", module="pcl_dma_read",
        geometry="3 readers, 64 bits", top="dma_read_proof", harness=("dma_read_proof.sv",), manifest="nic/nic.f", depth=3, mutations=(
            Mutation("an address overwritten while it waits", "nic/pcl_dma_read.sv", "assign free = !m_axi_arvalid_o || m_axi_arready_i;", "assign free = 1'b1;", "HoldsUntilTaken"),
            Mutation("a beat too many", "nic/pcl_dma_read.sv", "8'(ask_beats_i[r*9+:9] - 9'd1)", "8'(ask_beats_i[r*9+:9])", "BurstUnchanged"),
        )),
    Proof(
        name="dma_write", property="AXI4 master, writes: addresses and beats hold until taken; as many beats as announced, WLAST with the last; answers to their writers in order",
        module="pcl_dma_write", geometry="2 writers, 8 bits, 4 bursts", top="dma_write_proof", harness=("queue_fifo.sv", "dma_write_proof.sv"), manifest="nic/nic.f",
        without=("prim/pcl_fifo.sv",), depth=4, cover_depth=16, mutations=(
            Mutation("a beat overwritten while it waits", "nic/pcl_dma_write.sv", "assign data_free = !m_axi_wvalid_o || m_axi_wready_i;", "assign data_free = 1'b1;", "BeatHolds"),
            Mutation("a writer cuts in", "nic/pcl_dma_write.sv", "assign chosen = inside_q ? owner_q : first;", "assign chosen = first;", "LastExactlyWithTheLast"),
            Mutation("a burst more than there is room for", "nic/pcl_dma_write.sv", "outstanding_q != CountBits'(OUTSTANDING);", "outstanding_q <= CountBits'(OUTSTANDING);",
                     "NotTooManyBursts", depth=18),
        )),
    Proof(
        name="nic_access", property="AXI4-Lite slave and master: valids and payloads hold; an answer for each access, none without; the NIC's own within 3 clocks, the filter asked for its own",
        module="pcl_nic_access", geometry="16-bit addresses, 32-bit data", top="nic_access_proof", harness=("nic_access_proof.sv",), manifest="nic/nic.f", depth=12,
        engine="abc pdr", cover_depth=10, mutations=(
            Mutation("a broken write carried out", "nic/pcl_nic_access.sv", "(!write_q || strobe_q == '1)", "1'b1", "NicIsAskedOnceForItsOwn"),
            Mutation("the answer given up before it is taken", "nic/pcl_nic_access.sv", "if (write_q ? s_axil_bready_i : s_axil_rready_i) state_q <= Idle;", "state_q <= Idle;",
                     "ReadAnswerHolds"),
        )),
    Proof(
        name="management_access", property="AXI4-Lite slave and master: valids and payloads hold; an answer for each access, none without; its own registers answered soon; under the owner lock the other side's writes to banks reach nothing",
        module="pcl_management_access", geometry="16-bit addresses, 32-bit data", top="management_access_proof", harness=("management_access_proof.sv",),
        manifest="management/management.f", depth=12, engine="abc pdr", cover_depth=10, mutations=(
            Mutation("the lock binds the processor alone", "management/pcl_management_access.sv", "owned_by_core_i == take_core;",
                     "owned_by_core_i == take_core || !take_core;", "HostIsKeptOut"),
            Mutation("an address dropped before it is taken", "management/pcl_management_access.sv", "if (m_axil_awready_i) m_axil_awvalid_o <= 1'b0;",
                     "m_axil_awvalid_o <= 1'b0;", "AddressHolds"),
            Mutation("the answer given to the processor too", "management/pcl_management_access.sv", "assign core_ready_o = state_q == Answer && core_q;",
                     "assign core_ready_o = state_q == Answer;", "OneAccessAtATime"),
        )),
    Proof(
        name="ram_generic", property="a read gives what was last written, and holds", module="pcl_ram_1r1w (generic)", geometry="16 rows of 2 columns of 4 bits",
        top="ram_proof", harness=("ram_proof.sv",), manifest="engine/engine.f", depth=12, engine="abc pdr", mutations=(
            Mutation("the output not held", "prim/pcl_ram_1r1w.sv", "if (read_q) read_data_o <= rows[row_q];", "read_data_o <= rows[row_q];", "ReadsWhatWasLastWritten"),
            Mutation("columns written together", "prim/pcl_ram_1r1w.sv", "if (write_i[c]) rows", "rows", "ReadsWhatWasLastWritten"),
        )),
    Proof(
        name="counter_bank", property="a read gives all counts of its row and the sum of their lengths; none is lost in consecutive clocks; clearing zeroes every row", module="pcl_counter_bank (hardware)",
        geometry="4 rows, 64 bits, lengths of 14 bits", top="counter_bank_proof", harness=("watched_ram.sv", "counter_bank_proof.sv"),
        manifest="engine/engine_hardware.f", without=("prim/pcl_ram_1r1w.sv",), depth=16, cover_depth=20, fast=False, mutations=(
            Mutation("a count three clocks before not forwarded", "engine/pcl_counter_bank.sv", "from.younger[d] = same_q[d] &&", "from.younger[d] = d != 3 && same_q[d] &&",
                     "NoPacketIsLost", depth=18, also=("NoByteIsLost", "MemoryHoldsAllCountsBefore")),
            Mutation("carry into the high half lost", "engine/pcl_counter_bank.sv", "carry6_q     <= carry;", "carry6_q     <= 1'b0;",
                     "NoPacketIsLost", depth=18, also=("NoByteIsLost", "MemoryHoldsAllCountsBefore")),
            Mutation("the last row not cleared", "engine/pcl_counter_bank.sv", "32'(clear_row_q) == ROWS - 2", "32'(clear_row_q) == ROWS - 3", "RowsAreClearedInTurn",
                     depth=18),
        )),
    engine_verdict(8, True, (
        Mutation("one table's row of the bank beside", "engine/pcl_engine.sv", ": {bank, chunks[(t-RangeTables)*8 +: 8]})",
                 ": {t == 7 ? !bank : bank, chunks[(t-RangeTables)*8 +: 8]})", "FirstMatchingRule", depth=26),
        Mutation("the action of the other bank", "engine/pcl_engine.sv", ".read_row_i   ({side.bank, first_rule})", ".read_row_i   ({active_q, first_rule})", "ActionOfTheRule", depth=26),
        Mutation("the default action of the other bank", "engine/pcl_engine.sv", "side1_q.bank ? default_q[1] : default_q[0];\n  assign monitor1",
                 "active_q ? default_q[1] : default_q[0];\n  assign monitor1", "DefaultWithoutARule", depth=26),
        Mutation("one table left out", "engine/pcl_engine.sv", "g_table[3].bitmap & g_table[4].bitmap & chunks_q", "g_table[3].bitmap & chunks_q", "FirstMatchingRule", depth=26),
        Mutation("the active bank lost by a reset", "engine/pcl_engine.sv", "active_next_q    <= active_bank_o;", "active_next_q    <= 1'b0;", "BankOfLookups"),
    )),
    engine_verdict(40, False, (
        Mutation("the key of a test lookup", "engine/pcl_engine.sv", "? lookup_key_q[Low +: Bits] : test_key_q", "? test_key_q[Low +: Bits] : test_key_q", "FirstMatchingRule", depth=26),
    )),
    Proof(
        name="resolve", property="the rule that decides is the least of all trees' and the slice's", module="pcl_resolve", geometry="4 trees, 64 rules",
        top="resolve_proof", harness=("resolve_proof.sv",), manifest="engine/scale.f", depth=4, mutations=(
            Mutation("the greater of two numbers", "engine/pcl_tree_least.sv", "g_step[s-1].values[2*i+1] < g_step[s-1].values[2*i] ?",
                     "g_step[s-1].values[2*i+1] > g_step[s-1].values[2*i] ?", "WhatIsFoundDecides"),
            Mutation("the slice behind the rule before which it comes", "engine/pcl_resolve.sv", "slice_before_i <= tree_rule_o", "slice_before_i < tree_rule_o",
                     "TheTreeIsBeforeTheSlice"),
        )),
    Proof(
        name="tree", property="from any records, the place of the leaf that a walk from the root of the key's bank meets, a key a clock", module="pcl_tree",
        geometry="3 levels of up to 4 records, addresses of 17 bits, two banks", top="tree_proof", harness=("constant_rows.sv", "tree_proof.sv"),
        manifest="engine/scale.f", without=("prim/pcl_ram_1r1w.sv",), depth=11, cover_depth=12, mutations=(
            Mutation("the record of the other bank", "engine/pcl_tree.sv", "assign read_row = {bank_i[2*l], row};", "assign read_row = {bank_i[2*l+1], row};", "StartOfTheLeaf",
                     also=("CountOfTheLeaf",)),
            Mutation("a threshold itself below", "engine/pcl_tree.sv", "value >= record[3 +: ADDRESS_BITS]", "value > record[3 +: ADDRESS_BITS]", "CountOfTheLeaf",
                     also=("StartOfTheLeaf",)),
        )),
    Proof(
        name="leaf", property="the least rule among the entries of a leaf that match, wherever it begins; none that is written meanwhile", module="pcl_leaf",
        geometry="8 entries in leaves of up to 4, addresses of 4 bits, 16 rules, two banks", top="leaf_proof", harness=("constant_rows.sv", "leaf_proof.sv"),
        manifest="engine/scale.f", without=("prim/pcl_ram_1r1w.sv",), depth=10, cover_depth=12, fast=False, mutations=(
            Mutation("no turn to the next row", "engine/pcl_leaf.sv", "after_q[i] <= SlotBits'(i) < first;", "after_q[i] <= 1'b0;", "LeastOfTheLeaf"),
            Mutation("a removal in the second clock missed", "engine/pcl_leaf.sv", "used3_q <= used2_q & ~written_next;", "used3_q <= used2_q;", "LeastOfTheLeaf"),
            Mutation("a prefix a bit too long", "engine/pcl_leaf.sv", "ADDRESS_BITS'(~prefix & (prefix - 1'b1))", "ADDRESS_BITS'((~prefix & (prefix - 1'b1)) >> 1)", "LeastOfTheLeaf"),
        )),
)
