/* What host and management firmware say to each other through the mailbox: commands, errors, and where what stands in
   their data (docs/mailbox.md). For C and C++. All numbers are little-endian; offsets and sizes are in bytes. */
#ifndef PORTCULLIS_DEVICE_MAILBOX_PROTOCOL_H
#define PORTCULLIS_DEVICE_MAILBOX_PROTOCOL_H

#define PCL_PROTOCOL_MAJOR 1u /* raised when something changes its meaning */
#define PCL_PROTOCOL_MINOR 0u /* raised when something is added */

/* Commands: MAILBOX_REQUEST.COMMAND */
#define PCL_COMMAND_VERSION 0x01u
#define PCL_COMMAND_STATUS 0x02u
#define PCL_COMMAND_LOAD_BEGIN 0x10u
#define PCL_COMMAND_LOAD_DATA 0x11u
#define PCL_COMMAND_LOAD_END 0x12u
#define PCL_COMMAND_ACTIVATE 0x13u
#define PCL_COMMAND_ROLLBACK 0x14u
#define PCL_COMMAND_ABANDON 0x15u
#define PCL_COMMAND_COUNTERS 0x20u
#define PCL_COMMAND_LOG 0x30u
#define PCL_COMMAND_SELF_TEST 0x40u

/* Answers: MAILBOX_RESPONSE.STATUS */
#define PCL_DONE 0x00u
#define PCL_ERROR_REQUEST_CRC 0x01u /* the request was damaged on its way: not carried out, repeat it */
#define PCL_ERROR_COMMAND 0x02u     /* there is no such command */
#define PCL_ERROR_LENGTH 0x03u      /* too few or too many bytes for the command */
#define PCL_ERROR_ARGUMENT 0x04u    /* a number out of range */
#define PCL_ERROR_NO_LOAD 0x05u     /* no load of this number is under way */
#define PCL_ERROR_ORDER 0x06u       /* data of another offset than the next one: the load was given up */
#define PCL_ERROR_LOCKED 0x07u      /* a driver holds the owner lock */
#define PCL_ERROR_BANK_BUSY \
  0x08u /* packets of the retired policy are still under way, or a table-load queue is enabled */
#define PCL_ERROR_COUNTERS 0x09u    /* the retired policy's final counters have not been collected */
#define PCL_ERROR_NO_ROLLBACK 0x0Au /* the other bank holds no tested policy */
#define PCL_ERROR_FLIP 0x0Bu        /* the device did not exchange the banks */
#define PCL_ERROR_DEVICE 0x0Cu      /* the device reported an error while tables were written or tested */
#define PCL_ERROR_TIMEOUT 0x0Du     /* the device did not finish a command in time */
#define PCL_ERROR_SELF_TEST 0x0Eu   /* the firmware's self-test failed */
#define PCL_ERROR_TOUCHED 0x0Fu     /* the host wrote to the banks by registers during the load */
/* The image is not as docs/table-image.md says; the answer has offset and detail (PCL_IMAGE_ERROR_...). */
#define PCL_ERROR_IMAGE_MAGIC 0x10u
#define PCL_ERROR_IMAGE_VERSION 0x11u
#define PCL_ERROR_IMAGE_HEADER_CRC 0x12u
#define PCL_ERROR_IMAGE_DIRECTORY 0x13u
#define PCL_ERROR_IMAGE_GEOMETRY 0x14u
#define PCL_ERROR_IMAGE_SECTION_CRC 0x15u
#define PCL_ERROR_IMAGE_BOUNDARIES 0x16u
#define PCL_ERROR_IMAGE_ROWS 0x17u
#define PCL_ERROR_IMAGE_ACTIONS 0x18u
#define PCL_ERROR_IMAGE_ENTRIES 0x19u
#define PCL_ERROR_IMAGE_PROBES 0x1Au
#define PCL_ERROR_IMAGE_SOURCES 0x1Bu
#define PCL_ERROR_IMAGE_PADDING 0x1Cu
#define PCL_ERROR_IMAGE_LENGTH 0x1Du
#define PCL_ERROR_PROBES 0x20u /* probes were answered wrongly; the answer is that of LOAD_END */

/* VERSION: no data. Answer: */
#define PCL_VERSION_PROTOCOL 0u     /* major << 16 | minor */
#define PCL_VERSION_FIRMWARE 4u     /* major << 16 | minor << 8 | patch */
#define PCL_VERSION_IMAGE_BYTES 8u  /* of the firmware image */
#define PCL_VERSION_IMAGE_CRC 12u   /* its last word */
#define PCL_VERSION_GEOMETRY 16u    /* signature of the device's geometry, as in a table image */
#define PCL_VERSION_BOOTS 20u       /* starts of the firmware since memory was last without it */
#define PCL_VERSION_RESET_CAUSE 24u /* of the last start: 0 power-up, 1 watchdog, 2 held by the host */
#define PCL_VERSION_CLOCK_HZ 28u
#define PCL_VERSION_BYTES 32u

#endif
