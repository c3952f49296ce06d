/* Boot ROM of the management processor: starts the firmware in RAM if its CRC is right, otherwise says why not and waits for the host to write another one.
   scripts/generate-boot-rom.py makes rtl/management/generated/pcl_boot_rom.sv of it. */
#include "core_registers.h"
#include "memory_map.h"

    .section .text
    .globl _start
_start:
    li      s0, CORE_BASE
    sw      zero, PCL_CORE_WATCHDOG(s0)
    lw      t0, IMAGE_MAGIC_OFFSET(zero)
    li      t1, IMAGE_MAGIC
    bne     t0, t1, no_firmware
    lw      t2, IMAGE_LENGTH_OFFSET(zero)
    li      t3, IMAGE_HEADER_BYTES + 8
    bltu    t2, t3, no_firmware
    li      t3, MEMORY_BYTES
    bltu    t3, t2, no_firmware
    andi    t4, t2, 3
    bnez    t4, no_firmware
    li      t5, -1
    sw      t5, PCL_CORE_CRC_STATE(s0)
    addi    t2, t2, -4
    li      t6, 0
next_word:
    lw      t4, 0(t6)
    sw      t4, PCL_CORE_CRC_WORD(s0)
    addi    t6, t6, 4
    bltu    t6, t2, next_word
    lw      t4, PCL_CORE_CRC_STATE(s0)
    not     t4, t4
    lw      t5, 0(t2)
    bne     t4, t5, crc_wrong
    sw      zero, PCL_CORE_WATCHDOG(s0)
    lw      t0, IMAGE_ENTRY_OFFSET(zero)
    jr      t0
no_firmware:
    li      a0, BOOT_NO_FIRMWARE
    j       wait
crc_wrong:
    li      a0, BOOT_CRC_WRONG
wait:
    sw      a0, PCL_CORE_BOOT(s0)
feed:
    sw      zero, PCL_CORE_WATCHDOG(s0)
    j       feed
