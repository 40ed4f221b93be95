/* Objects in buckets: files in a folder that stands for S3, or at a server that speaks S3. */
#pragma once
#include "rules/outward.h"

struct bucket_object {
    bytes bucket, key, acl, content_type, body;
};

/* bucket_write writes <folder>/<bucket>/<key>, whole or not at all. The bucket must be there, the
 * folders of the key are made. E_INVALID for a key that leads out of the bucket and for what is in
 * the way; E_UNAVAILABLE when the disk refuses. */
NODISCARD
status bucket_write(const char *folder, const struct bucket_object *object, struct arena *a);

/* bucket_read reads <folder>/<bucket>/<key>; links are not followed. E_NOT_FOUND; E_INVALID for a
 * key that leads out of the bucket, and for an object of more than `bytes_max`. */
NODISCARD
status bucket_read(const char *folder, bytes bucket, bytes key, size_t bytes_max, struct arena *a,
                   bytes *out_body);

/* bucket_put sends it to o->s3_url, signed. E_UNAVAILABLE when another try may do better. */
NODISCARD
status bucket_put(const struct outward *o, const struct bucket_object *object, struct arena *a);

/* bucket_keys_read reads a file of one line, ACCESS_KEY_ID:SECRET; E_INVALID when it is not that,
 * or others may read it. */
NODISCARD
status bucket_keys_read(const char *path, struct arena *a, bytes *out_key_id, bytes *out_secret);
