/* Small files kept for ever: keys, certificates, credentials. Blocks: not for loop threads. */
#pragma once
#include "base/bytes.h"

enum { FILE_BYTES_MAX = 1024 * 1024 };

/* file_read appends the whole file. E_NOT_FOUND when there is none; E_UNAVAILABLE with its name and
 * the reason when it cannot be read or is larger than FILE_BYTES_MAX. */
NODISCARD
status file_read(const char *path, struct buf *out_content);

/* file_write replaces the file as a whole: whoever reads it, even after a crash, sees the old
 * content or all of the new one. `mode` is 0600 for secrets. E_UNAVAILABLE with name and reason. */
NODISCARD
status file_write(const char *path, bytes content, unsigned mode);

/* folder_sync has the names in a folder outlive a power cut. */
NODISCARD
status folder_sync(const char *path);
/* folder_remove removes a folder and all that is in it; one that is not there is fine. */
NODISCARD
status folder_remove(const char *path);

/* folder_make makes the folder (mode 0700) if it is not there; not those above it. */
NODISCARD
status folder_make(const char *path);
