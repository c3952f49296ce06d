/* Firmware of the management processor: begin and main loop. */
#include "commands.h"
#include "core_registers.h"
#include "platform.h"

int main(void) {
  firmware_start();
  for (uint32_t turns = 1;; ++turns) {
    core_write(PCL_CORE_WATCHDOG, 0);
    core_write(PCL_CORE_HEARTBEAT, turns);
    firmware_turn();
  }
}
