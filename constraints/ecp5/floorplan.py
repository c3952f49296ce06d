"""Pins the block RAMs of the match engine in an LFE5UM5G-85F, in a netlist of Yosys (JSON).

The device has four rows of 52 block RAMs. A word of the bitmaps is 36 rules wide; the nine tables' RAMs of a word stand above one another, three side by side
in each of three rows, so that what is ANDed is near. The middle of these rows, seven RAMs each, is left to the action RAM and the counters, to which the words' results run
from both sides. The fourth row has the block RAM levels of the range tables. RAMs without a place here are left to the placer.
"""
import re

# Rows of the device, from the bottom: the range tables', then those of the bitmaps of tables 0-2, 3-5 and 6-8.
SEARCH_ROW, BITMAP_ROWS = 22, (46, 70, 82)
WORDS_LEFT, MIDDLE = 8, 24


def site(row, number):
    """Name of block RAM `number` (0 to 51, from the left) of a row. They stand in groups of four on nine columns; the clock spine splits the row."""
    group = number // 4
    column = (4 + 9 * group if group < 7 else 69 + 9 * (group - 7)) + 2 * (number % 4)
    return f"X{column}/Y{row}/EBR{number % 4}"


def place(cell):
    """The site of a block RAM of the engine by its name, or None."""
    block = r"\.g_block\.g_row\[(\d+)\]\.g_ram\[(\d+)\]"
    found = re.search(r"g_table\[(\d+)\]\.g_slice\[(\d+)\]\.u_ram" + block, cell)
    if found:
        table, slice_, deep, ram = map(int, found.groups())
        word = 4 * slice_ + ram
        if deep or word > 14:
            return None
        return site(BITMAP_ROWS[table // 3], 3 * word + table % 3 + (7 if word >= WORDS_LEFT else 0))
    found = re.search(r"g_table\[(\d)\]\.g_range\.u_search\.g_level\[0\]\.g_ram\[(\d)\]\.u_ram" + block, cell)
    if found:
        table, memory, deep, ram = map(int, found.groups())
        if deep or ram > 3 or memory > 2:
            return None
        return site(SEARCH_ROW, 3 + 24 * table + 2 * (4 * memory + ram) if table < 2 else 20 + 4 * (table - 2) + 2 * ram)
    found = re.search(r"u_action" + block, cell)
    if found and int(found[1]) < 2:
        return site(BITMAP_ROWS[0], MIDDLE + 1 + 2 * int(found[1]) + int(found[2]))
    found = re.search(r"g_bank\[(\d)\]\.u_counters\.g_memory\[(\d)\]\.u_ram" + block, cell)
    if found and int(found[3]) < 2:
        bank, number = int(found[1]), 4 * int(found[2]) + 2 * int(found[3]) + int(found[4])
        return site(BITMAP_ROWS[1 + bank], MIDDLE + number) if number < 7 else site(BITMAP_ROWS[0], MIDDLE + 6 * bank)
    return None


def pin(netlist, top):
    """Gives every block RAM of module `top` that has a place its BEL attribute. Returns how many were pinned and how many there are."""
    pinned, rams, taken = 0, 0, {}
    for name, cell in netlist["modules"][top]["cells"].items():
        if cell["type"] != "DP16KD":
            continue
        rams += 1
        bel = place(name)
        if bel is None:
            continue
        if bel in taken:
            raise ValueError(f"{name} and {taken[bel]} are both meant for block RAM {bel}: constraints/ecp5/floorplan.py")
        taken[bel] = name
        cell["attributes"]["BEL"] = bel
        pinned += 1
    return pinned, rams
