/* Begin of the firmware: the image's header (memory_map.h) and what C needs before main. */
#include "memory_map.h"

    .section .header, "a"
    .word   IMAGE_MAGIC
    .word   firmware_end
    .word   _start
    .word   FIRMWARE_VERSION

    .section .text.start, "ax"
    .globl _start
_start:
    la      sp, stack_top
    la      a0, bss_begin
    la      a1, bss_end
1:  bgeu    a0, a1, 2f
    sw      zero, 0(a0)
    addi    a0, a0, 4
    j       1b
2:  call    main
3:  j       3b                  /* main does not return; the watchdog ends it if it does */
