/* What the management processor sees where (docs/firmware.md, Memory map). For C and assembly. */
#ifndef PORTCULLIS_FIRMWARE_MEMORY_MAP_H
#define PORTCULLIS_FIRMWARE_MEMORY_MAP_H

#define MEMORY_BYTES 0x8000 /* RAM, from 0 on */
#define ROM_BASE 0x10000
#define CORE_BASE 0x20000      /* core_registers.h */
#define REGISTERS_BASE 0x40000 /* registers of the filter or NIC, host/device/registers.h */

/* Header of a firmware image, at the begin of RAM: four words, then code. The last word of the image is the CRC-32C of
   all words before it. */
#define IMAGE_MAGIC 0x464C4350 /* "PCLF" */
#define IMAGE_MAGIC_OFFSET 0
#define IMAGE_LENGTH_OFFSET 4 /* bytes of the whole image, a multiple of 4 */
#define IMAGE_ENTRY_OFFSET 8
#define IMAGE_VERSION_OFFSET 12
#define IMAGE_HEADER_BYTES 16

/* MANAGEMENT_STATUS.BOOT */
#define BOOT_RUNNING 1
#define BOOT_NO_FIRMWARE 2
#define BOOT_CRC_WRONG 3

#endif
