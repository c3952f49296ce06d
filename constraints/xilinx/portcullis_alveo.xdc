# Timing and placement of rtl/boards/alveo/alveo_filter.sv in an Alveo-class card (UltraScale+: U50, U200, U250, U280).
#
# It has not been through a vendor's tool: tests/constraints/check_xdc.tcl has checked its Tcl, the options of its commands, and that every port and cell named here
# is in the RTL. What is a hint says so.
#
# Where the block is the top, its ports carry the shell's clock and reset, and the commands below hold as they are. Inside a shell, read this file with
# read_xdc -ref alveo_filter; ports are then the block's pins, and the clock is the shell's own: leave out section 1.

# ---- 1. Clock: 250 MHz, the data clock of the usual shells. A lookup a clock, so 250 million frames a second.
create_clock -name portcullis_clk -period 4.000 [get_ports clk_i]
set_clock_uncertainty -setup 0.100 [get_clocks portcullis_clk]

# Clocks of the shell (management, PCI Express, the MACs' own) have no common phase with it; whatever crosses does so in the shell's own buffers.
set_clock_groups -asynchronous -group [get_clocks -include_generated_clocks portcullis_clk]

# ---- 2. Reset: asynchronous, taken back by the synchroniser. Only its own flip-flops are reached by the asynchronous signal.
set_false_path -from [get_ports rst_n_i]
set_property ASYNC_REG TRUE [get_cells {u_reset/stages_q_reg[*]}]

# ---- 3. Placement, a hint: the engine's bitmap RAMs are ANDed with each other, so they belong into one super logic region, next to the ports' parsers.
create_pblock portcullis_engine
add_cells_to_pblock [get_pblocks portcullis_engine] [get_cells {u_filter/gen_bitmap.u_engine}]
resize_pblock [get_pblocks portcullis_engine] -add {SLR0}
set_property IS_SOFT TRUE [get_pblocks portcullis_engine]
set_property USER_SLR_ASSIGNMENT SLR0 [get_cells {u_filter/gen_port[*].u_ingress}]

# ---- 4. Fan-out, a hint: the engine keeps no copies of its own on these parts; the tool makes them where it needs them.
set_property MAX_FANOUT 64 [get_cells {u_filter/gen_bitmap.u_engine/g_table[*].g_range.u_search/u_row/q_reg[*]}]
