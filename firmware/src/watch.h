/* Keeps watch over the tables: switches the scrubber on where the engine has one (docs/firmware.md, Scrubbing), writes what it finds into the log, and knows which banks
   have rows that it could not mend. */
#ifndef PORTCULLIS_FIRMWARE_WATCH_H
#define PORTCULLIS_FIRMWARE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Begins anew: of what was found before nothing is known; rows that are damaged are found again. */
void watch_start(void);
/* In every turn of the main loop. */
void watch_turn(void);
/* Rows of the bank are damaged. */
bool watch_damaged(unsigned bank);
/* The banks are not what they were: forgets what is known of them. */
void watch_forget(void);
/* Empties all bitmap rows of the shadow bank, `bank`, if some of them are damaged, and forgets it: an image does not write rows that no packet can reach. PCL_DONE or PCL_ERROR_... */
uint8_t watch_clean(unsigned bank);
/* PCL_STATUS_SCRUB_..., word for word. */
#define WATCH_WORDS 8u
void watch_status(uint32_t words[WATCH_WORDS]);

#ifdef __cplusplus
}
#endif

#endif
