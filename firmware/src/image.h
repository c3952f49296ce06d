/* The image of a load, of the kind that the device takes: of its trees (tree_parser.h), or of its bitmap engine (image_parser.h). One at a time. */
#ifndef PORTCULLIS_FIRMWARE_IMAGE_H
#define PORTCULLIS_FIRMWARE_IMAGE_H

#include <stdint.h>

#include "image_parser.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For an image of `total` bytes. */
void image_begin(uint32_t total);
/* The next `size` bytes. PCL_DONE, or the first error; after an error nothing more may be given. */
uint8_t image_take(const uint8_t* bytes, uint32_t size);
/* PCL_DONE if the whole image has come. Failed probes are no error here. */
uint8_t image_end(void);
/* Bytes taken. */
uint32_t image_position(void);
const struct image_outcome* image_outcome(void);

#ifdef __cplusplus
}
#endif

#endif
