/* What host and management firmware say to each other through the mailbox: commands, errors, and where what stands in
   their data (docs/mailbox.md). For C and C++. All numbers are little-endian; offsets and sizes are in bytes. */
#ifndef PORTCULLIS_DEVICE_MAILBOX_PROTOCOL_H
#define PORTCULLIS_DEVICE_MAILBOX_PROTOCOL_H

#define PCL_PROTOCOL_MAJOR 1u /* raised when something changes its meaning */
#define PCL_PROTOCOL_MINOR \
  2u /* raised when something is added; 1: the scrubber, in STATUS and the log; 2: images of trees */

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
/* The image is not as docs/table-image.md says, or docs/scale.md for one of trees; the answer has the place
 * (PCL_LOAD_ERROR_...). */
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
#define PCL_ERROR_IMAGE_TREES 0x1Eu /* records, entries or predicates of trees */
#define PCL_ERROR_DAMAGED 0x21u     /* rows of the bank that should come into force are damaged */
#define PCL_ERROR_TREES 0x22u       /* the device has trees, and the image is for a device without */
#define PCL_ERROR_NO_TREES 0x23u    /* the image is for trees, and the device has none */
#define PCL_ERROR_PROBES 0x20u      /* probes were answered wrongly; the answer is that of LOAD_END */

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

/* What the firmware knows of a bank's policy: in STATUS */
#define PCL_BANK_STATE 0u /* PCL_BANK_... */
#define PCL_BANK_LOAD 4u  /* number of the load that wrote it */
#define PCL_BANK_NONCE 8u /* of that load, 64 bits: what its host called it */
#define PCL_BANK_IMAGE_BYTES 16u
#define PCL_BANK_IMAGE_CRC 20u /* of header and directory, so of all checksums of the image */
#define PCL_BANK_ENTRIES 24u
#define PCL_BANK_PROBES 28u
#define PCL_BANK_BYTES 32u

#define PCL_BANK_UNKNOWN 0u /* nothing that the firmware has loaded */
#define PCL_BANK_LOADING 1u /* being written, or given up half-way */
#define PCL_BANK_TESTED 2u  /* complete, all probes answered as expected */
#define PCL_BANK_USED 3u    /* that, and it is or has been in force */

/* STATUS: no data. Answer: */
#define PCL_STATUS_ANSWER_ACTIVE_BANK 0u
#define PCL_STATUS_ANSWER_FLAGS 4u   /* PCL_STATUS_FLAG_... */
#define PCL_STATUS_ANSWER_LOAD 8u    /* number of the last load */
#define PCL_STATUS_ANSWER_OFFSET 12u /* bytes of it that have been taken */
#define PCL_STATUS_ANSWER_UPTIME 16u /* clocks since the processor's last reset, 64 bits */
#define PCL_STATUS_ANSWER_WATCHDOG_RESETS 24u
#define PCL_STATUS_ANSWER_BOOTS 28u
#define PCL_STATUS_ANSWER_EVENTS 32u                                            /* number of the next event */
#define PCL_STATUS_ANSWER_BANKS 40u                                             /* two of PCL_BANK_BYTES */
#define PCL_STATUS_ANSWER_SCRUB (PCL_STATUS_ANSWER_BANKS + 2u * PCL_BANK_BYTES) /* from protocol 1.1 on */
#define PCL_STATUS_ANSWER_BYTES (PCL_STATUS_ANSWER_SCRUB + PCL_STATUS_SCRUB_BYTES)
#define PCL_STATUS_SCRUB_ROWS 0u /* bitmap rows of both banks, read in a pass; 0: the device has no scrubber */
#define PCL_STATUS_SCRUB_PASSES 4u
#define PCL_STATUS_SCRUB_PASS_CLOCKS 8u /* of the last one */
#define PCL_STATUS_SCRUB_MENDED 12u     /* rows in which one bit was wrong, since the device's reset */
#define PCL_STATUS_SCRUB_DAMAGED \
  16u /* of each bank, in turn: rows that cannot be mended, the first 4 of them counted; and */
#define PCL_STATUS_SCRUB_PLACE 20u /* the first that was found, as SCRUB_DAMAGED_PLACE */
#define PCL_STATUS_SCRUB_BANK 8u   /* bytes from a bank's two to the other's */
#define PCL_STATUS_SCRUB_BYTES 32u
#define PCL_STATUS_FLAG_LOADING 1u
#define PCL_STATUS_FLAG_READY 2u /* LOAD_END was answered PCL_DONE, ACTIVATE is awaited */

/* LOAD_BEGIN gives up a load that is under way. Request: */
#define PCL_LOAD_BEGIN_BYTES_AT 0u /* of the image */
#define PCL_LOAD_BEGIN_PATIENCE \
  4u                            /* milliseconds between two commands of the load, then it is given up; 1 to 600,000 */
#define PCL_LOAD_BEGIN_NONCE 8u /* 64 bits, the host's name for this load; not 0, never the same again */
#define PCL_LOAD_BEGIN_COLLECTED 16u /* 64 bits: nonce of the retired policy whose final counters the host has */
#define PCL_LOAD_BEGIN_FLAGS 24u     /* PCL_LOAD_FLAG_... */
#define PCL_LOAD_BEGIN_BYTES 28u
#define PCL_LOAD_FLAG_DISCARD_COUNTERS 1u /* the retired policy's counters are not wanted */
/* Answer: */
#define PCL_LOAD_BEGIN_ANSWER_LOAD 0u  /* number of the load */
#define PCL_LOAD_BEGIN_ANSWER_PIECE 4u /* bytes of the image that a LOAD_DATA may have */
#define PCL_LOAD_BEGIN_ANSWER_BYTES 8u

/* LOAD_DATA. Request: */
#define PCL_LOAD_DATA_LOAD 0u
#define PCL_LOAD_DATA_OFFSET 4u /* of the first byte in the image: that behind the piece before */
#define PCL_LOAD_DATA_PIECE 8u  /* the bytes, 1 or more */
/* Answer: u32, the next offset. Any error gives up the load. The answer to an image error, and to PCL_ERROR_DEVICE and
 * PCL_ERROR_TIMEOUT: */
#define PCL_LOAD_ERROR_OFFSET 0u /* in the image */
#define PCL_LOAD_ERROR_DETAIL 4u /* the number that is wrong there */
#define PCL_LOAD_ERROR_BYTES 8u

/* LOAD_END, ACTIVATE: u32, the load. Answer to LOAD_END with PCL_DONE and with PCL_ERROR_PROBES: */
#define PCL_LOAD_END_PROBES 0u /* that were asked */
#define PCL_LOAD_END_FAILED 4u /* that were answered wrongly */
#define PCL_LOAD_END_LISTED 8u /* failures below */
#define PCL_LOAD_END_FAILURES 12u
#define PCL_FAILURE_PROBE 0u /* number of the probe */
#define PCL_FAILURE_HIT 4u   /* what the bank answered */
#define PCL_FAILURE_RULE 8u
#define PCL_FAILURE_ACTION 12u /* 64 bits */
#define PCL_FAILURE_BYTES 20u
/* ACTIVATE and ROLLBACK (no data) answer u32, the bank that is active now. ABANDON: no data, no answer. */

/* COUNTERS: as many as fit into an answer. Request: */
#define PCL_COUNTERS_BANK 0u
#define PCL_COUNTERS_KIND 4u /* 0 rules, 1 causes */
#define PCL_COUNTERS_FIRST 8u
#define PCL_COUNTERS_COUNT 12u
#define PCL_COUNTERS_BYTES 16u
/* Answer: */
#define PCL_COUNTERS_ANSWER_NONCE 0u /* 64 bits, of the load that they belong to; 0: not known */
#define PCL_COUNTERS_ANSWER_COUNT 8u
#define PCL_COUNTERS_ANSWER_TALLIES 16u /* packets and bytes, 64 bits each */
#define PCL_TALLY_BYTES 16u

/* LOG: u32, the first event wanted. Answer: */
#define PCL_LOG_NEXT 0u  /* number of the event that will come next */
#define PCL_LOG_COUNT 4u /* events below; the first ones may have been overwritten */
#define PCL_LOG_EVENTS 8u
#define PCL_EVENT_NUMBER 0u
#define PCL_EVENT_CODE 4u /* PCL_EVENT_... */
#define PCL_EVENT_TIME 8u /* clocks since the processor's reset before it, 64 bits */
#define PCL_EVENT_A 16u
#define PCL_EVENT_B 20u
#define PCL_EVENT_BYTES 24u

#define PCL_EVENT_BOOT 1u             /* a: cause of the reset, b: boots */
#define PCL_EVENT_MEMORY_LOST 2u      /* what outlives a reset was not there, or damaged */
#define PCL_EVENT_LOAD_BEGIN 3u       /* a: load, b: bytes */
#define PCL_EVENT_LOAD_READY 4u       /* a: load, b: probes */
#define PCL_EVENT_LOAD_FAILED 5u      /* a: load, b: PCL_ERROR_... */
#define PCL_EVENT_LOAD_TIMEOUT 6u     /* a: load, b: bytes taken */
#define PCL_EVENT_LOAD_ABANDONED 7u   /* a: load, b: bytes taken */
#define PCL_EVENT_ACTIVATED 8u        /* a: load, b: bank */
#define PCL_EVENT_ROLLED_BACK 9u      /* a: load that is in force again, b: bank */
#define PCL_EVENT_TOUCHED 10u         /* the host wrote to the banks: no rollback until the next load */
#define PCL_EVENT_REQUEST_DAMAGED 11u /* a: the request */
#define PCL_EVENT_RESTORED 12u        /* the device was reset; a: load that is in force as before, b: bank */
#define PCL_EVENT_NOT_RESTORED 13u    /* after a reset the active bank holds no policy that the firmware knows */
#define PCL_EVENT_MENDED 14u          /* a: place (SCRUB_MENDED_PLACE), b: rows mended since the device's reset */
#define PCL_EVENT_DAMAGED 15u         /* a: place, b: 1 if its bank is in force */

/* SELF_TEST: no data. Answer, with PCL_DONE and PCL_ERROR_SELF_TEST: u32, tests that were made; u32, those that failed.
 */
#define PCL_SELF_TEST_FIRMWARE 1u  /* CRC of the firmware in memory */
#define PCL_SELF_TEST_CRC_UNIT 2u  /* a known checksum */
#define PCL_SELF_TEST_REGISTERS 4u /* the filter's magic number and geometry */
#define PCL_SELF_TEST_CLOCK 8u     /* time goes on */

#endif
