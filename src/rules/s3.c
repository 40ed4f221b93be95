/* s3: the result as an object, in a folder that stands for S3 or at a server that speaks its
 * protocol [AWS rules 6.2]. */
#include "registry/arn.h"
#include "rules/action.h"
#include "rules/bucket.h"
#include "store/record.h"

enum { ATTEMPTS_MAX = 10, BUCKET_LEN_MIN = 3, BUCKET_LEN_MAX = 63, KEY_BYTES_MAX = 1024 };

struct s3 {
    struct arena memory;
    struct sql_template *bucket, *key;
    bytes role;
    bytes acl; /* or no bytes */
};

static void release(void *compiled) {
    struct s3 *s = compiled;
    if (!s)
        return;
    sql_template_free(s->bucket);
    sql_template_free(s->key);
    arena_done(&s->memory);
    mem_free(s);
}

/* ---- reading ---- */

static bool is_acl(bytes text) {
    static const char *const names[] = {"private",
                                        "public-read",
                                        "public-read-write",
                                        "aws-exec-read",
                                        "authenticated-read",
                                        "bucket-owner-read",
                                        "bucket-owner-full-control",
                                        "log-delivery-write"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (bytes_equal(text, bytes_from(names[i])))
            return true;
    return false;
}

static status fill_s3(const struct sql_statement *statement, const struct json *members,
                      struct s3 *s) {
    const struct json *acl = json_member(members, BYTES("cannedAcl"));
    bytes role, bucket, key;
    TRY(action_require(members, "roleArn", &role));
    TRY(action_require(members, "bucketName", &bucket));
    TRY(action_require(members, "key", &key));
    TRY(role_arn_check(role));
    s->role = arena_copy(&s->memory, role);
    if (acl && (!json_is_string(acl) || !is_acl(acl->text)))
        return FAIL(E_INVALID, "The cannedAcl of an s3 action is one of S3's, such as private");
    if (acl)
        s->acl = arena_copy(&s->memory, acl->text);
    TRY(sql_template_compile(statement, bucket, &s->bucket));
    return sql_template_compile(statement, key, &s->key);
}

static status compile(const struct sql_statement *statement, const struct json *members,
                      void **out) {
    struct s3 *s = NEW(struct s3);
    status result = fill_s3(statement, members, s);
    if (result != OK) {
        release(s);
        return result;
    }
    *out = s;
    return OK;
}

/* ---- running ---- */

static const struct field fields[] = {
    FIELD(1, struct bucket_object, bucket), FIELD(2, struct bucket_object, key),
    FIELD(3, struct bucket_object, acl),    FIELD(4, struct bucket_object, content_type),
    FIELD(5, struct bucket_object, body),
};

/* [AWS s3 bucketnamingrules]; no letter that means something in a path or a URL. */
static status check_bucket(bytes name) {
    bool good = name.len >= BUCKET_LEN_MIN && name.len <= BUCKET_LEN_MAX && name.ptr[0] != '.' &&
                bytes_search(name, BYTES("..")) == name.len;
    for (size_t i = 0; i < name.len && good; i++)
        good = (name.ptr[i] >= 'a' && name.ptr[i] <= 'z') ||
               (name.ptr[i] >= '0' && name.ptr[i] <= '9') || name.ptr[i] == '.' ||
               name.ptr[i] == '-';
    if (!good)
        return FAIL(E_INVALID, "'%.*s' is not the name of a bucket",
                    BYTES_ARG(bytes_slice(name, 0, 100)));
    return OK;
}

static status may_put(const struct s3 *s, const struct action_run *run,
                      const struct bucket_object *o) {
    AUTO(buf) arn = {0};
    buf_text(&arn, "arn:aws:s3:::");
    buf_append(&arn, o->bucket);
    buf_append_byte(&arn, '/');
    buf_append(&arn, o->key);
    return action_may(run, s->role, "s3:PutObject", buf_bytes(&arn));
}

static status run(const void *compiled, struct action_run *run) {
    const struct s3 *s = compiled;
    AUTO(buf) key = {0};
    AUTO(buf) content = {0};
    TRY(action_fill(s->bucket, run->evaluation, "bucketName", &run->resource));
    TRY(check_bucket(buf_bytes(&run->resource)));
    TRY(action_fill(s->key, run->evaluation, "key", &key));
    if (key.len == 0 || key.len > KEY_BYTES_MAX || !bytes_are_utf8(buf_bytes(&key)))
        return FAIL(E_INVALID, "the key of an object has 1 to %d bytes of UTF-8", KEY_BYTES_MAX);
    struct bucket_object o = {.bucket = buf_bytes(&run->resource),
                              .key = buf_bytes(&key),
                              .acl = s->acl,
                              .content_type = run->is_json ? BYTES("application/json")
                                                           : BYTES("application/octet-stream"),
                              .body = run->payload};
    record_encode(fields, COUNT_OF(fields), &o, &content);
    TRY(may_put(s, run, &o));
    struct later later = {.lane = o.bucket};
    return delivery_put(run, &later, buf_bytes(&content));
}

/* ---- delivering ---- */

static status deliver(const struct outward *o, struct delivered *items, size_t count,
                      struct arena *a) {
    struct bucket_object object = {0};
    UNUSED(count); /* one */
    TRY(record_decode(fields, COUNT_OF(fields), items->delivery.content, &object));
    return o->s3_url ? bucket_put(o, &object, a) : bucket_write(o->buckets, &object, a);
}

static const struct action_later later = {.at_a_time = 4,
                                          .attempts_max = ATTEMPTS_MAX,
                                          .again_first_ms = 1000,
                                          .again_most_ms = 60000,
                                          .deliver = deliver};

const struct action_kind action_s3 = {.name = "s3",
                                      .failed = "S3Action",
                                      .compile = compile,
                                      .release = release,
                                      .run = run,
                                      .later = &later};
