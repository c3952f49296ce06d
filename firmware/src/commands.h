/* Requests of the mailbox, one at a time (docs/mailbox.md). */
#ifndef PORTCULLIS_FIRMWARE_COMMANDS_H
#define PORTCULLIS_FIRMWARE_COMMANDS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Once, before anything else. */
void firmware_start(void);
/* One turn of the main loop: answers a request if there is one, and does what is due. */
void firmware_turn(void);

#ifdef __cplusplus
}
#endif

#endif
