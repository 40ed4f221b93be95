/* Packages: the zip files that functions are uploaded as [AWS rules 7].
 *
 * What comes in is a stranger's. A name that leads out of the package, a link, a device, an entry
 * given twice or encrypted, one that needs a method other than store and deflate, and whatever
 * becomes larger than PACKAGE_BYTES_MAX are refused, with AWS's sentence and ours. Only names and
 * contents are taken, and whether a file may be executed: no owners, no other modes, no times. */
#pragma once
#include "base/arena.h"

enum {
    PACKAGE_ZIP_BYTES_MAX = 50 << 20, /* as uploaded [AWS rules 7] */
    PACKAGE_BYTES_MAX = 250 << 20,    /* unpacked */
    PACKAGE_ENTRIES_MAX = 65534,
    PACKAGE_NAME_BYTES_MAX = 1024,
    PACKAGE_PART_BYTES_MAX = 255, /* of a name, between slashes */
    PACKAGE_DEPTH_MAX = 32
};

/* Where an unpacked package goes. A name is relative, has parts between single slashes, none of
 * them "." or "..", and no zero. Folders on the way to a file are not announced. */
struct package_sink {
    void *context;
    status (*folder)(void *context, bytes name);
    status (*file)(void *context, bytes name, bool executable); /* then its data, in pieces */
    status (*data)(void *context, bytes piece);
    status (*end)(void *context); /* of this file */
};

/* package_unpack reads all of a zip. E_INVALID when it is none or holds what it may not; else what
 * the sink said. */
NODISCARD
status package_unpack(bytes zip, const struct package_sink *sink);

/* package_name_check tells whether an entry may have this name. */
NODISCARD
status package_name_check(bytes name);

/* package_pack makes a zip of a folder's files, by name; hidden ones and __pycache__ stay out.
 * E_NOT_FOUND without the folder; E_TOO_LARGE. */
NODISCARD
status package_pack(const char *folder, struct buf *out_zip);

/* package_stamp is a text that is another one when something in the folder has changed: names,
 * sizes and times, no contents. */
NODISCARD
status package_stamp(const char *folder, char out_stamp[17]);
