#include "api/secretsmanager.h"

#include "api/call.h"
#include "api/generated/secretsmanager.h"
#include "base/random.h"
#include "registry/secret.h"
#include "store/record.h"

enum { UUID_BYTES = 37, RECOVERY_DAYS_LEAST = 7, RECOVERY_DAYS_MOST = 30, PAGE_MOST = 100 };
enum { DAY_MS = 24 * 3600 * 1000 };

#define CURRENT BYTES("AWSCURRENT")

/* ---- what a call brings ---- */

/* What is asked for and not here is refused, rather than left out in silence. */
static status refuse_absent(const struct call *c) {
    static const struct {
        unsigned member;
        const char *name;
    } absent[] = {{M_ADD_REPLICA_REGIONS, "AddReplicaRegions"},
                  {M_KMS_KEY_ID, "KmsKeyId"},
                  {M_TYPE, "Type"},
                  {M_ROTATION_TOKEN, "RotationToken"},
                  {M_FILTERS, "Filters"},
                  {M_SORT_BY, "SortBy"},
                  {M_SORT_ORDER, "SortOrder"}};
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        if (record_knows(c->in, absent[i].member) && has(c->in, absent[i].member))
            return FAIL(E_REQUEST_CONTENT, "This server does not support %s: leave it out",
                        absent[i].name);
    return OK;
}

struct given {
    bytes value, version_id;
    bool is_given, is_binary;
};

/* The client's token is the id of the version, as on AWS; SDKs make one for each call. */
static status read_value(const struct call *c, struct given *out) {
    char uuid[UUID_BYTES];
    bool is_text = has(c->in, M_SECRET_STRING), is_binary = has(c->in, M_SECRET_BINARY);
    if (is_text && is_binary)
        return FAIL(E_REQUEST_CONTENT, "You can't specify both a binary secret value and a string "
                                       "secret value in the same secret.");
    *out = (struct given){
        .value = get_text(c->in, is_text ? M_SECRET_STRING : M_SECRET_BINARY),
        .version_id = get_text(c->in, M_CLIENT_REQUEST_TOKEN),
        .is_given = is_text || is_binary,
        .is_binary = is_binary,
    };
    if (out->version_id.len)
        return OK;
    random_uuid(uuid);
    out->version_id = arena_copy(c->arena, bytes_from(uuid));
    return OK;
}

/* What was sent before comes to the same; another value for the same version does not. */
static status check_repeated(const struct call *c, const struct secret *s,
                             const struct given *new) {
    bytes old;
    TRY(secret_value(&c->registry, s, &old));
    bool same = s->is_binary == new->is_binary &&bytes_equal(old, new->value);
    mem_wipe((void *)old.ptr, old.len);
    if (same)
        return OK;
    return FAIL(E_EXISTS,
                "You can't use ClientRequestToken %.*s because that value is already in use for a "
                "version of secret %.*s.",
                BYTES_ARG(s->version_id), BYTES_ARG(secret_arn(&c->registry, s)));
}

static status keep_value(const struct call *c, struct secret *s, const struct given *new) {
    status kept = OK;
    if (!new->is_given)
        return OK;
    if (bytes_equal(s->version_id, new->version_id)) {
        kept = check_repeated(c, s, new);
    } else {
        s->is_binary = new->is_binary;
        kept = secret_set_value(&c->registry, s, new->version_id, new->value);
    }
    mem_wipe((void *)new->value.ptr, new->value.len);
    return kept;
}

static status load(const struct call *c, struct secret *out) {
    return secret_load(&c->registry, get_text(c->in, M_SECRET_ID), out);
}

static void put_identity(const struct call *c, struct record *r, const struct secret *s) {
    put_text(r, M_ARN, secret_arn(&c->registry, s));
    put_text(r, M_NAME, s->name);
}

/* ---- CreateSecret, PutSecretValue, UpdateSecret ---- */

static bytes tags_of(const struct call *c) {
    AUTO(buf) list = {0};
    VALUES_EACH(v, get_list(c->in, M_TAGS)) {
        record_list_add(&list, get_text(v->record, M_KEY));
        record_list_add(&list, get_text(v->record, M_VALUE));
    }
    return arena_copy(c->arena, buf_bytes(&list));
}

/* An SDK that got no answer asks once more, with the same token. */
static bool was_created(const struct call *c, bytes name, bytes version_id, struct secret *out) {
    return version_id.len && secret_load(&c->registry, name, out) == OK &&
           bytes_equal(out->version_id, version_id);
}

static status create_secret(struct call *c) {
    struct given given;
    struct secret s;
    bytes name = get_text(c->in, M_NAME);
    TRY(refuse_absent(c));
    TRY(read_value(c, &given));
    if (!given.is_given || !was_created(c, name, given.version_id, &s)) {
        s = (struct secret){
            .name = name, .description = get_text(c->in, M_DESCRIPTION), .tags = tags_of(c)};
        TRY(secret_create(&c->registry, &s));
    }
    TRY(keep_value(c, &s, &given));
    put_identity(c, c->out, &s);
    if (given.is_given)
        put_text(c->out, M_VERSION_ID, s.version_id);
    return OK;
}

/* Versions of other stages would be kept beside the current one: there are none here. */
static status check_stages(const struct call *c) {
    const struct items *stages = get_list(c->in, M_VERSION_STAGES);
    VALUES_EACH(v, stages)
    if (!bytes_equal(v->text, CURRENT))
        return FAIL(E_REQUEST_CONTENT, "This server keeps the version AWSCURRENT of a secret only");
    return OK;
}

static status put_secret_value(struct call *c) {
    struct given given;
    struct secret s;
    TRY(refuse_absent(c));
    TRY(check_stages(c));
    TRY(read_value(c, &given));
    if (!given.is_given)
        return FAIL(E_INVALID, "You must provide either SecretString or SecretBinary.");
    TRY(load(c, &s));
    TRY(keep_value(c, &s, &given));
    put_identity(c, c->out, &s);
    put_text(c->out, M_VERSION_ID, s.version_id);
    add_text(put_list(c->out, M_VERSION_STAGES), CURRENT);
    return OK;
}

static status update_secret(struct call *c) {
    struct given given;
    struct secret s;
    TRY(refuse_absent(c));
    TRY(read_value(c, &given));
    TRY(load(c, &s));
    if (has(c->in, M_DESCRIPTION)) {
        s.description = get_text(c->in, M_DESCRIPTION);
        TRY(secret_update(&c->registry, &s));
    }
    TRY(keep_value(c, &s, &given));
    put_identity(c, c->out, &s);
    if (given.is_given)
        put_text(c->out, M_VERSION_ID, s.version_id);
    return OK;
}

/* ---- GetSecretValue ---- */

static status check_version(const struct call *c, const struct secret *s) {
    bytes id = get_text(c->in, M_VERSION_ID), stage = get_text(c->in, M_VERSION_STAGE);
    if (stage.len && !bytes_equal(stage, CURRENT))
        return FAIL(E_NOT_FOUND,
                    "Secrets Manager can't find the specified secret value for staging label: %.*s",
                    BYTES_ARG(stage));
    if (id.len && !bytes_equal(id, s->version_id))
        return FAIL(E_NOT_FOUND,
                    "Secrets Manager can't find the specified secret value for VersionId: %.*s",
                    BYTES_ARG(id));
    return OK;
}

static status get_secret_value(struct call *c) {
    struct secret s;
    TRY(load(c, &s));
    TRY(check_version(c, &s));
    TRY(secret_value(&c->registry, &s, &c->secret));
    put_identity(c, c->out, &s);
    put_text(c->out, M_VERSION_ID, s.version_id);
    put_text(c->out, s.is_binary ? M_SECRET_BINARY : M_SECRET_STRING, c->secret);
    add_text(put_list(c->out, M_VERSION_STAGES), CURRENT);
    put_time(c->out, M_CREATED_DATE, s.version_ms);
    c->is_secret = true;
    return OK;
}

/* ---- DescribeSecret, ListSecrets ---- */

static void put_tags(struct record *r, bytes list) {
    bytes key, value;
    struct items *tags = put_list(r, M_TAGS);
    while (record_list_next(&list, &key) && record_list_next(&list, &value)) {
        struct record *tag = add_record(tags);
        put_text(tag, M_KEY, key);
        put_text(tag, M_VALUE, value);
    }
}

/* What descriptions and listings both say; they differ in what they call the versions. */
static void put_facts(const struct call *c, struct record *r, const struct secret *s,
                      unsigned versions) {
    put_identity(c, r, s);
    if (s->description.len)
        put_text(r, M_DESCRIPTION, s->description);
    if (s->tags.len)
        put_tags(r, s->tags);
    put_time(r, M_CREATED_DATE, s->created_ms);
    put_time(r, M_LAST_CHANGED_DATE, s->changed_ms);
    if (s->deletion_ms)
        put_time(r, M_DELETED_DATE, s->deletion_ms);
    if (s->version_id.len)
        add_text(add_list_entry(put_list(r, versions), s->version_id), CURRENT);
}

static status describe_secret(struct call *c) {
    struct secret s;
    TRY(secret_find(&c->registry, get_text(c->in, M_SECRET_ID), &s));
    put_facts(c, c->out, &s, M_VERSION_IDS_TO_STAGES);
    return OK;
}

static status list_secrets(struct call *c) {
    struct page page = {.limit = (size_t)get_number(c->in, M_MAX_RESULTS, PAGE_MOST),
                        .token = get_text(c->in, M_NEXT_TOKEN)};
    struct secret_list list;
    TRY(refuse_absent(c));
    TRY(secret_list(&c->registry, &page, get_flag(c->in, M_INCLUDE_PLANNED_DELETION), &list));
    struct items *all = put_list(c->out, M_SECRET_LIST);
    for (size_t i = 0; i < list.count; i++)
        put_facts(c, add_record(all), &list.items[i], M_SECRET_VERSIONS_TO_STAGES);
    if (list.next.len > 0)
        put_text(c->out, M_NEXT_TOKEN, list.next);
    return OK;
}

/* ---- DeleteSecret, RestoreSecret ---- */

static status read_days(const struct call *c, int64_t *out_days) {
    bool forced = get_flag(c->in, M_FORCE_DELETE_WITHOUT_RECOVERY);
    if (forced && has(c->in, M_RECOVERY_WINDOW_IN_DAYS))
        return FAIL(E_REQUEST_CONTENT, "You can't use ForceDeleteWithoutRecovery in conjunction "
                                       "with RecoveryWindowInDays.");
    int64_t days = get_number(c->in, M_RECOVERY_WINDOW_IN_DAYS, RECOVERY_DAYS_MOST);
    if (days < RECOVERY_DAYS_LEAST || days > RECOVERY_DAYS_MOST)
        return FAIL(E_REQUEST_CONTENT,
                    "The RecoveryWindowInDays value must be between %d and %d "
                    "days (inclusive).",
                    RECOVERY_DAYS_LEAST, RECOVERY_DAYS_MOST);
    *out_days = forced ? 0 : days;
    return OK;
}

/* By force also what waits for its deletion goes; what is not there is gone already, as on AWS. */
static status delete_now(struct call *c) {
    struct secret s;
    bytes id = get_text(c->in, M_SECRET_ID);
    status found = secret_find(&c->registry, id, &s);
    if (found != OK && found != E_NOT_FOUND)
        return found;
    if (found == OK)
        TRY(secret_delete(&c->registry, &s));
    put_text(c->out, M_ARN,
             found == OK ? secret_arn(&c->registry, &s) : secret_resource(&c->registry, id));
    put_text(c->out, M_NAME, found == OK ? s.name : id);
    put_time(c->out, M_DELETION_DATE, c->now_ms);
    return OK;
}

static status delete_secret(struct call *c) {
    struct secret s;
    int64_t days;
    TRY(read_days(c, &days));
    if (days == 0)
        return delete_now(c);
    TRY(load(c, &s));
    s.deletion_ms = c->now_ms + days * DAY_MS;
    TRY(secret_update(&c->registry, &s));
    put_identity(c, c->out, &s);
    put_time(c->out, M_DELETION_DATE, s.deletion_ms);
    return OK;
}

static status restore_secret(struct call *c) {
    struct secret s;
    TRY(secret_find(&c->registry, get_text(c->in, M_SECRET_ID), &s));
    s.deletion_ms = 0;
    TRY(secret_update(&c->registry, &s));
    put_identity(c, c->out, &s);
    return OK;
}

/* ---- the table ---- */

const struct handler handlers_secretsmanager[SECRETSMANAGER_OPERATIONS] = {
    [SECRETSMANAGER_CREATE_SECRET] = {create_secret, NULL, WRITE},
    [SECRETSMANAGER_PUT_SECRET_VALUE] = {put_secret_value, NULL, WRITE},
    [SECRETSMANAGER_UPDATE_SECRET] = {update_secret, NULL, WRITE},
    [SECRETSMANAGER_GET_SECRET_VALUE] = {get_secret_value, NULL, READ},
    [SECRETSMANAGER_DESCRIBE_SECRET] = {describe_secret, NULL, READ},
    [SECRETSMANAGER_LIST_SECRETS] = {list_secrets, NULL, READ},
    [SECRETSMANAGER_DELETE_SECRET] = {delete_secret, NULL, WRITE},
    [SECRETSMANAGER_RESTORE_SECRET] = {restore_secret, NULL, WRITE},
};

/* What Secrets Manager calls a failure, where that differs from IoT. */
const struct error_name errors_secretsmanager[] = {
    {E_VALIDATION, "ValidationException", 400},
    {E_REQUEST_CONTENT, "InvalidParameterException", 400},
    {E_EXISTS, "ResourceExistsException", 400},
    {OK, NULL, 0},
};
