/* Policies and their versions [AWS identity 10.3]. */
#include "api/policies.h"

#include "api/handlers.h"
#include "api/tags.h"
#include "base/log.h"
#include "policy/document.h"

/* What is legal but hardly meant goes to the log: AWS's answers have no place for it. */
static void log_doubts(const struct policy_document *document) {
    AUTO(buf) doubts = {0};
    struct log_line l;
    if (policy_document_lint(document, &doubts) == 0 || !log_begin(&l, LOG_WARN, "policy.doubtful"))
        return;
    log_bytes(&l, "policyName", policy_document_name(document));
    log_bytes(&l, "message", bytes_trim(buf_bytes(&doubts)));
    log_end(&l);
}

/* Parsing a document is not work for a write transaction. */
status check_policy_document(struct call *c) {
    struct policy_document *document;
    TRY(policy_document_parse(get_text(c->in, M_POLICY_NAME), get_text(c->in, M_POLICY_DOCUMENT),
                              c->config->without_quotas ? POLICY_BYTES_MAX : POLICY_LENGTH_MAX,
                              &document));
    log_doubts(document);
    policy_document_unref(document);
    return OK;
}

static void put_version(struct record *out, unsigned member, uint64_t version) {
    put_string(out, member, arena_printf(out->arena, "%llu", (unsigned long long)version));
}

status create_policy(struct call *c) {
    bytes name = get_text(c->in, M_POLICY_NAME);
    struct policy_record policy;
    c->resource_id = name;
    c->resource_arn = policy_arn(&c->registry, name);
    TRY(policy_create(&c->registry, name, get_text(c->in, M_POLICY_DOCUMENT), &policy));
    TRY(put_new_tags(c, c->resource_arn));
    put_text(c->out, M_POLICY_NAME, name);
    put_text(c->out, M_POLICY_ARN, c->resource_arn);
    put_text(c->out, M_POLICY_DOCUMENT, get_text(c->in, M_POLICY_DOCUMENT));
    put_version(c->out, M_POLICY_VERSION_ID, policy.default_version);
    return OK;
}

status get_policy(struct call *c) {
    struct policy_record policy;
    TRY(policy_load(&c->registry, get_text(c->in, M_POLICY_NAME), &policy));
    put_text(c->out, M_POLICY_NAME, policy.name);
    put_text(c->out, M_POLICY_ARN, policy_arn(&c->registry, policy.name));
    put_text(c->out, M_POLICY_DOCUMENT, policy.document);
    put_version(c->out, M_DEFAULT_VERSION_ID, policy.default_version);
    put_time(c->out, M_CREATION_DATE, policy.created_ms);
    put_time(c->out, M_LAST_MODIFIED_DATE, policy.modified_ms);
    put_text(c->out, M_GENERATION_ID, policy.generation_id);
    return OK;
}

void put_policies(struct call *c, const struct policy_list *list) {
    struct items *policies = put_list(c->out, M_POLICIES);
    for (size_t i = 0; i < list->count; i++) {
        struct record *policy = add_record(policies);
        put_text(policy, M_POLICY_NAME, list->items[i].name);
        put_text(policy, M_POLICY_ARN, policy_arn(&c->registry, list->items[i].name));
    }
    call_put_next(c, list->next);
}

status list_policies(struct call *c) {
    struct page page = call_page(c);
    struct policy_list list;
    TRY(policy_list(&c->registry, &page, &list));
    put_policies(c, &list);
    return OK;
}

status delete_policy(struct call *c) {
    return policy_delete(&c->registry, get_text(c->in, M_POLICY_NAME));
}

status create_policy_version(struct call *c) {
    bytes name = get_text(c->in, M_POLICY_NAME);
    struct policy_version_record version;
    TRY(policy_version_create(&c->registry, name, get_text(c->in, M_POLICY_DOCUMENT),
                              get_flag(c->in, M_SET_AS_DEFAULT), &version));
    put_text(c->out, M_POLICY_ARN, policy_arn(&c->registry, name));
    put_text(c->out, M_POLICY_DOCUMENT, get_text(c->in, M_POLICY_DOCUMENT));
    put_version(c->out, M_POLICY_VERSION_ID, version.version);
    put_flag(c->out, M_IS_DEFAULT_VERSION, version.is_default);
    return OK;
}

status get_policy_version(struct call *c) {
    bytes name = get_text(c->in, M_POLICY_NAME);
    struct policy_version_record version;
    TRY(policy_version_load(&c->registry, name, get_text(c->in, M_POLICY_VERSION_ID), &version));
    put_text(c->out, M_POLICY_ARN, policy_arn(&c->registry, name));
    put_text(c->out, M_POLICY_NAME, name);
    put_text(c->out, M_POLICY_DOCUMENT, version.document);
    put_version(c->out, M_POLICY_VERSION_ID, version.version);
    put_flag(c->out, M_IS_DEFAULT_VERSION, version.is_default);
    put_time(c->out, M_CREATION_DATE, version.created_ms);
    put_time(c->out, M_LAST_MODIFIED_DATE, version.created_ms); /* a version never changes */
    put_text(c->out, M_GENERATION_ID, version.generation_id);
    return OK;
}

status list_policy_versions(struct call *c) {
    struct policy_version_record *versions;
    size_t count;
    TRY(policy_version_list(&c->registry, get_text(c->in, M_POLICY_NAME), &versions, &count));
    struct items *list = put_list(c->out, M_POLICY_VERSIONS);
    for (size_t i = 0; i < count; i++) {
        struct record *version = add_record(list);
        put_version(version, M_VERSION_ID, versions[i].version);
        put_flag(version, M_IS_DEFAULT_VERSION, versions[i].is_default);
        put_time(version, M_CREATE_DATE, versions[i].created_ms);
    }
    return OK;
}

status set_default_policy_version(struct call *c) {
    return policy_version_set_default(&c->registry, get_text(c->in, M_POLICY_NAME),
                                      get_text(c->in, M_POLICY_VERSION_ID));
}

status delete_policy_version(struct call *c) {
    return policy_version_delete(&c->registry, get_text(c->in, M_POLICY_NAME),
                                 get_text(c->in, M_POLICY_VERSION_ID));
}
