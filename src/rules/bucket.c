#include "rules/bucket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "codec/percent.h"
#include "identity/sigv4.h"
#include "web/web.h"

enum { TIMEOUT_MS = 30000, ANSWER_BYTES_MAX = 65536, NAME_BYTES_MAX = 255, QUOTE_BYTES_MAX = 300 };

/* ---- a folder ---- */

static status trouble(const struct bucket_object *o, const char *what) {
    int error = errno;
    bool may_pass = error == ENOSPC || error == EDQUOT || error == EIO || error == EMFILE ||
                    error == ENFILE || error == EROFS;
    return FAIL(may_pass ? E_UNAVAILABLE : E_INVALID, "the object %.*s/%.*s cannot be %s: %s",
                BYTES_ARG(o->bucket), BYTES_ARG(bytes_slice(o->key, 0, QUOTE_BYTES_MAX)), what,
                strerror(error));
}

/* ".", ".." and empty parts lead out of the folder or name nothing. */
static status check_part(bytes part) {
    if (part.len > 0 && part.len <= NAME_BYTES_MAX && !bytes_equal(part, BYTES(".")) &&
        !bytes_equal(part, BYTES("..")) && !memchr(part.ptr, 0, part.len))
        return OK;
    return FAIL(E_INVALID, "a part of the object's key cannot be the name of a file: '%.*s'",
                BYTES_ARG(bytes_slice(part, 0, NAME_BYTES_MAX)));
}

static status open_bucket(const char *folder, const struct bucket_object *o, struct arena *a,
                          int *out_fd) {
    TRY(check_part(o->bucket));
    const char *path = arena_printf(a, "%s/%.*s", folder, BYTES_ARG(o->bucket));
    *out_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*out_fd < 0 && errno == ENOENT)
        return FAIL(E_INVALID, "there is no bucket %.*s: make the folder %s", BYTES_ARG(o->bucket),
                    path);
    return *out_fd < 0 ? trouble(o, "reached") : OK;
}

/* Goes one folder down, which is made when missing; links are not followed. */
static status descend(const struct bucket_object *o, bytes part, struct arena *a, int *folder) {
    const char *name = arena_string(a, part);
    int next;
    if (mkdirat(*folder, name, 0777) != 0 && errno != EEXIST)
        return trouble(o, "put into its folder");
    next = openat(*folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0)
        return trouble(o, "put into its folder");
    (void)close(*folder);
    *folder = next;
    return OK;
}

static bool write_whole(int fd, bytes body) {
    while (body.len > 0) {
        ssize_t n = write(fd, body.ptr, body.len);
        if (n < 0 && errno != EINTR)
            return false;
        body = bytes_skip(body, n > 0 ? (size_t)n : 0);
    }
    return fsync(fd) == 0;
}

static status write_file(const struct bucket_object *o, int folder, const char *name) {
    char uuid[37], draft[64];
    random_uuid(uuid);
    (void)snprintf(draft, sizeof draft, ".kedge-%s", uuid);
    int fd = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return trouble(o, "written");
    bool written = write_whole(fd, o->body);
    written = close(fd) == 0 && written;
    if (written && renameat(folder, draft, folder, name) == 0)
        return fsync(folder) == 0 ? OK : trouble(o, "kept");
    status s = trouble(o, "written");
    (void)unlinkat(folder, draft, 0);
    return s;
}

static status write_key(const struct bucket_object *o, struct arena *a, int *folder) {
    bytes rest = o->key, part;
    while (bytes_split(&rest, '/', &part)) {
        TRY(check_part(part));
        if (!rest.ptr)
            return write_file(o, *folder, arena_string(a, part));
        TRY(descend(o, part, a, folder));
    }
    return OK;
}

/* ---- reading ---- */

static status read_open(const struct bucket_object *o, int fd, size_t bytes_max, struct arena *a,
                        bytes *out_body) {
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return trouble(o, "read");
    if (!S_ISREG(facts.st_mode) || (uint64_t)facts.st_size > bytes_max)
        return FAIL(E_INVALID, "the object %.*s/%.*s has more than %zu bytes", BYTES_ARG(o->bucket),
                    BYTES_ARG(bytes_slice(o->key, 0, QUOTE_BYTES_MAX)), bytes_max);
    uint8_t *body = arena_alloc(a, (size_t)facts.st_size + 1);
    size_t len = 0;
    for (ssize_t n; len < (size_t)facts.st_size; len += (size_t)n)
        if ((n = read(fd, body + len, (size_t)facts.st_size - len)) <= 0)
            return trouble(o, "read");
    *out_body = bytes_of(body, len);
    return OK;
}

/* Down the key's folders; the file is opened, in place of its folder. */
static status open_key(const struct bucket_object *o, struct arena *a, int *fd) {
    bytes rest = o->key, part;
    while (bytes_split(&rest, '/', &part)) {
        TRY(check_part(part));
        int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (rest.ptr ? O_DIRECTORY : O_NONBLOCK);
        int next = openat(*fd, arena_string(a, part), flags);
        if (next < 0 && errno == ENOENT)
            return FAIL(E_NOT_FOUND, "there is no object %.*s in the bucket %.*s",
                        BYTES_ARG(bytes_slice(o->key, 0, QUOTE_BYTES_MAX)), BYTES_ARG(o->bucket));
        if (next < 0)
            return trouble(o, "read");
        (void)close(*fd);
        *fd = next;
    }
    return OK;
}

status bucket_read(const char *folder, bytes bucket, bytes key, size_t bytes_max, struct arena *a,
                   bytes *out_body) {
    const struct bucket_object o = {.bucket = bucket, .key = key};
    int fd;
    TRY(open_bucket(folder, &o, a, &fd));
    status s = open_key(&o, a, &fd);
    if (s == OK)
        s = read_open(&o, fd, bytes_max, a, out_body);
    (void)close(fd);
    return s;
}

/* ---- writing ---- */

status bucket_write(const char *folder, const struct bucket_object *o, struct arena *a) {
    int fd;
    bytes rest = o->key, part;
    while (bytes_split(&rest, '/', &part)) /* before any folder is made */
        TRY(check_part(part));
    TRY(open_bucket(folder, o, a, &fd));
    status s = write_key(o, a, &fd);
    (void)close(fd);
    return s;
}

/* ---- a server ---- */

status bucket_keys_read(const char *path, struct arena *a, bytes *out_key_id, bytes *out_secret) {
    AUTO(buf) text = {0};
    struct stat facts;
    if (stat(path, &facts) == 0 && (facts.st_mode & 077) != 0)
        return FAIL(E_INVALID, "%s holds a secret that others may read: chmod 600 it", path);
    TRY(file_read(path, &text));
    bytes line = arena_copy(a, bytes_trim(buf_bytes(&text)));
    mem_wipe(text.ptr, text.capacity);
    size_t colon = bytes_find(line, ':');
    *out_key_id = bytes_slice(line, 0, colon);
    *out_secret = bytes_skip(line, colon + 1);
    if (out_key_id->len == 0 || out_secret->len == 0)
        return FAIL(E_INVALID, "%s does not hold one line ACCESS_KEY_ID:SECRET", path);
    return OK;
}

static size_t object_headers(const struct bucket_object *o, struct http_header *out) {
    size_t count = 0;
    out[count++] = (struct http_header){BYTES("content-type"), o->content_type};
    if (o->acl.len > 0)
        out[count++] = (struct http_header){BYTES("x-amz-acl"), o->acl};
    return count;
}

/* "http://127.0.0.1:9000/base" into what is signed: the host, and the path with bucket and key. */
static void place(const struct outward *o, const struct bucket_object *object, struct buf *path,
                  bytes *out_base, bytes *out_host) {
    bytes url = bytes_from(o->s3_url);
    size_t host_at = bytes_search(url, BYTES("://")) + 3;
    bytes rest = bytes_skip(url, host_at);
    size_t host_len = bytes_find(rest, '/');
    bytes above = bytes_skip(rest, host_len);
    if (bytes_end_with(above, BYTES("/")))
        above = bytes_slice(above, 0, above.len - 1);
    *out_host = bytes_slice(rest, 0, host_len);
    *out_base = bytes_slice(url, 0, host_at + host_len);
    buf_append(path, above);
    buf_append_byte(path, '/');
    percent_encode(object->bucket, path);
    buf_append_byte(path, '/');
    percent_encode_path(object->key, path);
}

static status judge(const struct web_answer *answer, const char *url) {
    if (answer->status >= 200 && answer->status < 300)
        return OK;
    bool may_pass = answer->status == 429 || answer->status >= 500;
    return FAIL(may_pass ? E_UNAVAILABLE : E_INVALID, "%.300s answers with status %d: %.*s", url,
                answer->status, BYTES_ARG(bytes_slice(buf_bytes(&answer->body), 0, 400)));
}

status bucket_put(const struct outward *o, const struct bucket_object *object, struct arena *a) {
    AUTO(buf) path = {0};
    AUTO(web_answer) answer = {0};
    bytes base, host;
    struct http_header headers[2 + SIGV4_HEADERS_MAX + 1];
    size_t count = object_headers(object, headers), added;
    place(o, object, &path, &base, &host);
    struct http_request signed_one = {.method = BYTES("PUT"),
                                      .path = buf_bytes(&path),
                                      .host = host,
                                      .headers = headers,
                                      .header_count = count,
                                      .body = object->body};
    struct sigv4_credentials keys = {o->s3_key_id, o->s3_secret, {0}};
    struct sigv4_scope scope = {o->region, BYTES("s3"), clock_wall_ms()};
    struct sigv4_signer *g = sigv4_signer_new();
    status s = sigv4_sign(g, &keys, &scope, &signed_one, a, headers + count, &added);
    sigv4_signer_free(g);
    TRY(s);
    count += added;
    headers[count++] = (struct http_header){BYTES("Host"), host}; /* as it was signed */
    struct web_request r = {
        .method = "PUT",
        .url = arena_printf(a, "%.*s%.*s", BYTES_ARG(base), BYTES_ARG(buf_bytes(&path))),
        .headers = headers,
        .header_count = count,
        .body = object->body,
        .reach = REACH_ANY,
        .timeout_ms = TIMEOUT_MS,
        .answer_bytes_max = ANSWER_BYTES_MAX,
        .ca_file = o->ca_file,
        .stop = o->stop};
    TRY(web_send(&r, &answer));
    return judge(&answer, r.url);
}
