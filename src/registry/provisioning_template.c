/* Provisioning templates and their versions:
 *
 *     PROVISIONING_TEMPLATES          account, name
 *     PROVISIONING_TEMPLATE_VERSIONS  account, name, 0, version (8 bytes) */
#include "registry/provisioning_template.h"
#include "base/clock.h"
#include "registry/ca_certificate.h"
#include "registry/internal.h"

static const char *const type_names[] = {
    [PROVISIONING_TEMPLATE_FLEET] = "FLEET_PROVISIONING", [PROVISIONING_TEMPLATE_JITP] = "JITP"};

struct stored_template {
    struct provisioning_template template;
    uint64_t last_version; /* given out last: numbers are not used again */
};
static const struct field template_fields[] = {
    FIELD(1, struct stored_template, template.description),
    FIELD(2, struct stored_template, template.role_arn),
    FIELD_BELOW(3, struct stored_template, template.type, COUNT_OF(type_names)),
    FIELD(4, struct stored_template, template.enabled),
    FIELD(5, struct stored_template, template.hook_arn),
    FIELD(6, struct stored_template, template.hook_payload_version),
    FIELD(7, struct stored_template, template.default_version),
    FIELD(8, struct stored_template, template.created_ms),
    FIELD(9, struct stored_template, template.modified_ms),
    FIELD(10, struct stored_template, last_version),
};
static const struct field version_fields[] = {
    FIELD(1, struct provisioning_template_version, body),
    FIELD(2, struct provisioning_template_version, created_ms),
};

const char *provisioning_template_type_name(enum provisioning_template_type type) {
    return type_names[type];
}

status provisioning_template_type_parse(bytes text, enum provisioning_template_type *out_type) {
    for (enum provisioning_template_type i = 0; i < COUNT_OF(type_names); i++)
        if (bytes_equal(text, bytes_from(type_names[i]))) {
            *out_type = i;
            return OK;
        }
    return FAIL(E_INVALID, "'%.*s' is not a template type: FLEET_PROVISIONING or JITP",
                BYTES_ARG(bytes_slice(text, 0, 40)));
}

bytes provisioning_template_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_PROVISIONING_TEMPLATE, name);
}

/* ---- one template ---- */

static status save(const struct registry *r, const struct stored_template *t) {
    return object_save(r, TABLE_PROVISIONING_TEMPLATES, key_of(r, t->template.name),
                       template_fields, COUNT_OF(template_fields), t);
}

static status save_version(const struct registry *r, bytes name,
                           const struct provisioning_template_version *v) {
    return object_save(r, TABLE_PROVISIONING_TEMPLATE_VERSIONS,
                       key_with_number(r, name, v->version), version_fields,
                       COUNT_OF(version_fields), v);
}

static status load(const struct registry *r, bytes name, struct stored_template *out_template) {
    struct stored_template t = {.template = {.name = arena_copy(r->arena, name)}};
    status s = object_load(r, TABLE_PROVISIONING_TEMPLATES, key_of(r, name), template_fields,
                           COUNT_OF(template_fields), &t);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "Provisioning template not found: %.*s",
                    BYTES_ARG(bytes_slice(name, 0, 128)));
    TRY(s);
    *out_template = t;
    return OK;
}

static status load_version(const struct registry *r, const struct stored_template *t,
                           uint64_t version, struct provisioning_template_version *out_version) {
    struct provisioning_template_version v = {.version = version,
                                              .is_default = version == t->template.default_version};
    status s = object_load(r, TABLE_PROVISIONING_TEMPLATE_VERSIONS,
                           key_with_number(r, t->template.name, version), version_fields,
                           COUNT_OF(version_fields), &v);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "The provisioning template %.*s has no version %llu",
                    BYTES_ARG(t->template.name), (unsigned long long)version);
    TRY(s);
    *out_version = v;
    return OK;
}

/* arn:<partition>:lambda:<region>:<account>:function:<name, with or without version> */
static status check_hook(const struct provisioning_template *t) {
    if (t->hook_arn.len == 0)
        return OK;
    if (t->type == PROVISIONING_TEMPLATE_JITP) /* [AWS identity 6.3] */
        return FAIL(E_INVALID,
                    "A template of type JITP has no pre-provisioning hook: leave "
                    "preProvisioningHook out, or create it with type FLEET_PROVISIONING");
    return function_arn_check(t->hook_arn);
}

static status check(const struct provisioning_template *t) {
    TRY(role_arn_check(t->role_arn));
    return check_hook(t);
}

static status check_new(const struct registry *r, const struct provisioning_template *t) {
    bool exists;
    TRY(constraint_check(CONSTRAINT_TEMPLATE_NAME, t->name));
    TRY(object_has(r, TABLE_PROVISIONING_TEMPLATES, key_of(r, t->name), &exists));
    if (exists) /* [AWS identity 8.6] */
        return FAIL(E_EXISTS, "Template with name %.*s already exists", BYTES_ARG(t->name));
    return check(t);
}

status provisioning_template_create(const struct registry *r,
                                    const struct provisioning_template *template,
                                    const struct tags *tags) {
    struct stored_template new = {.template = *template, .last_version = 1};
    TRY(check_new(r, template));
    new.template.default_version = 1;
    new.template.created_ms = new.template.modified_ms = clock_wall_ms();
    struct provisioning_template_version first = {1, true, template->body, new.template.created_ms};
    TRY(save(r, &new));
    TRY(save_version(r, template->name, &first));
    return tags_set(r, resource_of(r, ARN_PROVISIONING_TEMPLATE, template->name), tags);
}

status provisioning_template_load(const struct registry *r, bytes name,
                                  struct provisioning_template *out_template) {
    struct stored_template t;
    struct provisioning_template_version v;
    TRY(load(r, name, &t));
    TRY(load_version(r, &t, t.template.default_version, &v));
    t.template.body = v.body;
    *out_template = t.template;
    return OK;
}

static status change_hook(struct provisioning_template *t,
                          const struct provisioning_template_changes *changes) {
    if (changes->remove_hook && changes->hook_arn.len > 0)
        return FAIL(E_INVALID, "preProvisioningHook and removePreProvisioningHook contradict each "
                               "other: give one of them");
    if (changes->remove_hook)
        t->hook_arn = t->hook_payload_version = (bytes){0};
    if (changes->hook_arn.len > 0) {
        t->hook_arn = changes->hook_arn;
        t->hook_payload_version = changes->hook_payload_version;
    }
    return OK;
}

status provisioning_template_update(const struct registry *r, bytes name,
                                    const struct provisioning_template_changes *changes) {
    struct stored_template t;
    struct provisioning_template_version v;
    TRY(load(r, name, &t));
    if (changes->description.ptr)
        t.template.description = changes->description;
    if (changes->role_arn.ptr)
        t.template.role_arn = changes->role_arn;
    if (changes->enabled)
        t.template.enabled = *changes->enabled;
    if (changes->default_version) {
        TRY(load_version(r, &t, *changes->default_version, &v));
        t.template.default_version = v.version;
    }
    TRY(change_hook(&t.template, changes));
    TRY(check(&t.template));
    t.template.modified_ms = clock_wall_ms();
    return save(r, &t);
}

/* ---- versions ---- */

/* One row more than there may be tells of too many. */
static status version_rows(const struct registry *r, bytes name, struct row **out_rows,
                           size_t *out_count) {
    struct scan scan = {.prefix = key_of_pair(r, name, (bytes){0}),
                        .limit = PROVISIONING_TEMPLATE_VERSIONS_MAX + 1};
    return store_scan(r->txn, TABLE_PROVISIONING_TEMPLATE_VERSIONS, &scan, r->arena, out_rows,
                      out_count);
}

static status check_deletable(const struct registry *r, bytes name) {
    struct ca_list cas;
    TRY(ca_list(r, name, &(struct page){.limit = 1}, &cas));
    if (cas.count > 0)
        return FAIL(E_DELETE_CONFLICT,
                    "The template %.*s is in the registrationConfig of the CA certificate %.*s: "
                    "remove it there first (update-ca-certificate)",
                    BYTES_ARG(name), BYTES_ARG(cas.items[0].id));
    return OK;
}

status provisioning_template_delete(const struct registry *r, bytes name) {
    struct stored_template t;
    struct row *versions;
    size_t count;
    TRY(load(r, name, &t));
    TRY(check_deletable(r, name));
    TRY(version_rows(r, name, &versions, &count));
    for (size_t i = 0; i < count; i++)
        TRY(store_remove(r->txn, TABLE_PROVISIONING_TEMPLATE_VERSIONS, versions[i].key));
    TRY(tags_remove_all(r, resource_of(r, ARN_PROVISIONING_TEMPLATE, name)));
    return store_remove(r->txn, TABLE_PROVISIONING_TEMPLATES, key_of(r, name));
}

status provisioning_template_version_create(const struct registry *r, bytes name, bytes body,
                                            bool set_as_default,
                                            struct provisioning_template_version *out_version) {
    struct stored_template t;
    struct row *versions;
    size_t count;
    TRY(load(r, name, &t));
    TRY(version_rows(r, name, &versions, &count));
    if (count >= PROVISIONING_TEMPLATE_VERSIONS_MAX)
        return FAIL(E_VERSIONS_LIMIT,
                    "The template %.*s already has the maximum number of versions (%d): delete one",
                    BYTES_ARG(name), PROVISIONING_TEMPLATE_VERSIONS_MAX);
    struct provisioning_template_version new = {++t.last_version, set_as_default, body,
                                                clock_wall_ms()};
    if (set_as_default)
        t.template.default_version = new.version;
    t.template.modified_ms = new.created_ms;
    TRY(save(r, &t));
    TRY(save_version(r, name, &new));
    *out_version = new;
    return OK;
}

status provisioning_template_version_load(const struct registry *r, bytes name, uint64_t version,
                                          struct provisioning_template_version *out_version) {
    struct stored_template t;
    TRY(load(r, name, &t));
    return load_version(r, &t, version, out_version);
}

status provisioning_template_version_delete(const struct registry *r, bytes name,
                                            uint64_t version) {
    struct stored_template t;
    struct provisioning_template_version v;
    TRY(load(r, name, &t));
    TRY(load_version(r, &t, version, &v));
    if (v.is_default)
        return FAIL(E_DELETE_CONFLICT,
                    "Version %llu is the default version of the template %.*s: make another one "
                    "the default first (update-provisioning-template --default-version-id)",
                    (unsigned long long)version, BYTES_ARG(name));
    return store_remove(r->txn, TABLE_PROVISIONING_TEMPLATE_VERSIONS,
                        key_with_number(r, name, version));
}

/* ---- listings ---- */

status provisioning_template_list(const struct registry *r, const struct page *page,
                                  struct provisioning_template_list *out_list) {
    struct provisioning_template_list l = {0};
    struct stored_template t;
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_PROVISIONING_TEMPLATES, r->account, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct provisioning_template, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        TRY(load(r, bytes_skip(row.key, r->account.len), &t));
        l.items[l.count++] = t.template;
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}

status provisioning_template_version_list(const struct registry *r, bytes name,
                                          const struct page *page,
                                          struct provisioning_template_version_list *out_list) {
    struct provisioning_template_version_list l = {0};
    struct stored_template t;
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(load(r, name, &t));
    TRY(cursor_start(r, TABLE_PROVISIONING_TEMPLATE_VERSIONS, key_of_pair(r, name, (bytes){0}),
                     false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct provisioning_template_version, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        TRY(load_version(r, &t, key_number(row.key), &l.items[l.count]));
        l.items[l.count++].body = (bytes){0};
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
