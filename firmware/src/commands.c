#include "commands.h"

#include "console.h"
#include "core_registers.h"
#include "device/mailbox_protocol.h"
#include "device/registers.h"
#include "memory_map.h"
#include "platform.h"

static uint32_t word_of(const uint8_t* bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* CRC-32C of the geometry's seven numbers as little-endian words: the signature of a table image. */
static uint32_t geometry_signature(void) {
  static const uint32_t numbers[7] = {
      PCL_GEOMETRY_RULES,
      PCL_GEOMETRY_ADDRESS_BITS,
      PCL_GEOMETRY_SOURCE_INTERVALS,
      PCL_GEOMETRY_DESTINATION_INTERVALS,
      PCL_GEOMETRY_SOURCE_PORT_INTERVALS,
      PCL_GEOMETRY_DESTINATION_PORT_INTERVALS,
      PCL_GEOMETRY_VLAN_INTERVALS,
  };
  uint32_t state = 0xFFFFFFFFu;
  for (unsigned i = 0; i < 7; ++i) {
    const uint32_t value = register_read(numbers[i]);
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
    state = crc32c_update(state, bytes, sizeof bytes);
  }
  return ~state;
}

static void answer(uint32_t request, uint8_t status, uint32_t length) {
  const uint32_t sequence = (request & PCL_CORE_MAILBOX_REQUEST_SEQUENCE_MASK) >> PCL_CORE_MAILBOX_REQUEST_SEQUENCE_SHIFT;
  core_write(PCL_CORE_MAILBOX_RESPONSE, (uint32_t)status << PCL_CORE_MAILBOX_RESPONSE_STATUS_SHIFT |
                                            sequence << PCL_CORE_MAILBOX_RESPONSE_SEQUENCE_SHIFT |
                                            length << PCL_CORE_MAILBOX_RESPONSE_LENGTH_SHIFT);
}

static uint32_t version(void) {
  const uint8_t* image = firmware_image();
  const uint32_t bytes = firmware_image_bytes();
  const uint32_t words[PCL_VERSION_BYTES / 4] = {
      PCL_PROTOCOL_MAJOR << 16 | PCL_PROTOCOL_MINOR,
      word_of(image + IMAGE_VERSION_OFFSET),
      bytes,
      word_of(image + bytes - 4),
      geometry_signature(),
      1,
      (core_read(PCL_CORE_RESET) & PCL_CORE_RESET_CAUSE_MASK) >> PCL_CORE_RESET_CAUSE_SHIFT,
      core_read(PCL_CORE_CLOCK_HZ),
  };
  response_data(0, words, sizeof words);
  return sizeof words;
}

void firmware_start(void) {
  console_text("portcullis: management firmware\n");
  core_write(PCL_CORE_BOOT, BOOT_RUNNING);
}

void firmware_turn(void) {
  const uint32_t state = core_read(PCL_CORE_MAILBOX_STATE);
  if ((state & PCL_CORE_MAILBOX_STATE_PENDING_MASK) == 0) return;
  const uint32_t request = core_read(PCL_CORE_MAILBOX_REQUEST);
  if ((state & PCL_CORE_MAILBOX_STATE_SOUND_MASK) == 0) {
    answer(request, PCL_ERROR_REQUEST_CRC, 0);
    return;
  }
  const uint32_t length = (request & PCL_CORE_MAILBOX_REQUEST_LENGTH_MASK) >> PCL_CORE_MAILBOX_REQUEST_LENGTH_SHIFT;
  switch (request & PCL_CORE_MAILBOX_REQUEST_COMMAND_MASK) {
    case PCL_COMMAND_VERSION:
      if (length != 0)
        answer(request, PCL_ERROR_LENGTH, 0);
      else
        answer(request, PCL_DONE, version());
      break;
    default:
      answer(request, PCL_ERROR_COMMAND, 0);
  }
}
