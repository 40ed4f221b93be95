#include "policy/internal.h"

#include <assert.h>
#include <string.h>

struct policy_set *policy_set_ref(struct policy_set *s) {
    unsigned before = atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    assert(before > 0);
    return s;
}

void policy_set_unref(struct policy_set *s) {
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < s->document_count; i++)
        policy_document_unref(s->documents[i]);
    mem_free(s);
}

size_t policy_set_document_count(const struct policy_set *s) {
    return s->document_count;
}

const struct policy_document *policy_set_document(const struct policy_set *s, size_t index) {
    return s->documents[index];
}

size_t policy_set_bytes(const struct policy_set *s) {
    return s->bytes;
}

bytes policy_set_missing_next(const struct policy_set *s, enum policy_action action,
                              size_t *position) {
    while (*position < s->missing_count) {
        const struct policy_bound_missing *m = &s->missing[(*position)++];
        if (m->actions & POLICY_ACTION_BIT(action))
            return m->name;
    }
    return (bytes){0};
}

const struct policy_entry_list *policy_set_list(const struct policy_set *s, unsigned list_kind,
                                                enum policy_resource_type type) {
    uint8_t index = s->list_of[list_kind][type];
    return index ? &s->lists[index - 1] : NULL;
}

bool policy_set_allows_all(const struct policy_set *s, enum policy_action action) {
    return s->open_actions & POLICY_ACTION_BIT(action);
}

/* ---- checking ---- */

static bool matches_none_of(const struct policy_entry *e, bytes name) {
    for (uint32_t i = 0; i < e->len; i++)
        if (policy_entry_matches(&e->none_of[i], name))
            return false;
    return true;
}

bool policy_entry_matches(const struct policy_entry *e, bytes name) {
    switch ((enum policy_entry_kind)e->kind) {
    case POLICY_ENTRY_ANY:
        return true;
    case POLICY_ENTRY_EXACT:
        return name.len == e->len && bytes_equal(name, (bytes){e->text, e->len});
    case POLICY_ENTRY_PREFIX:
        return name.len >= e->len &&
               bytes_equal((bytes){name.ptr, e->len}, (bytes){e->text, e->len});
    case POLICY_ENTRY_GLOB:
        return policy_glob_matches((bytes){e->text, e->len}, name);
    case POLICY_ENTRY_NONE_OF:
        return matches_none_of(e, name);
    case POLICY_ENTRY_KIND_COUNT:
        break;
    }
    return false;
}

static bool clauses_hold(const struct policy_set *s, const struct policy_entry *e,
                         const struct policy_request *request) {
    const struct policy_bound_statement *statement = &s->statements[e->statement];
    for (uint32_t i = 0; i < statement->clause_count; i++) {
        const struct policy_bound_clause *c = &s->clauses[statement->clause_from + i];
        struct policy_values values = policy_request_find(request, c->clause->key.text);
        if (!policy_clause_holds(c->clause, c->texts, &values))
            return false;
    }
    return true;
}

/* What is asked. */
struct question {
    const struct policy_set *set;
    uint32_t action; /* its bit */
    bytes name;
    const struct policy_request *request;
};

static bool applies(const struct question *q, const struct policy_entry *e) {
    return (e->actions & q->action) && policy_entry_matches(e, q->name) &&
           (!e->is_conditional || clauses_hold(q->set, e, q->request));
}

static const struct policy_entry *find_among(const struct question *q,
                                             const struct policy_entry_list *l, uint32_t from,
                                             uint32_t end) {
    for (uint32_t i = from; i < end; i++)
        if (applies(q, &l->entries[i]))
            return &l->entries[i];
    return NULL;
}

static const struct policy_entry *find_exact(const struct question *q,
                                             const struct policy_entry_list *l) {
    if (!l->slots)
        return find_among(q, l, l->exact_from, l->exact_end);
    for (uint64_t at = bytes_hash(q->name); l->slots[at & l->slot_mask]; at++) {
        const struct policy_entry *e = &l->entries[l->slots[at & l->slot_mask] - 1];
        if (applies(q, e))
            return e;
    }
    return NULL;
}

static const struct policy_entry *find_entry(const struct question *q,
                                             const struct policy_entry_list *l) {
    const struct policy_entry *e;
    if (!l || !(l->actions & q->action))
        return NULL;
    if ((e = find_among(q, l, 0, l->exact_from)) || (e = find_exact(q, l)))
        return e;
    return find_among(q, l, l->exact_end, l->count);
}

static struct policy_decision decided(const struct policy_set *s, enum policy_verdict verdict,
                                      const struct policy_entry *e) {
    const struct policy_bound_statement *by = &s->statements[e->statement];
    return (struct policy_decision){verdict, by->document, by->statement};
}

static const struct policy_decision undecided = {POLICY_IMPLICIT_DENY, POLICY_NO_STATEMENT,
                                                 POLICY_NO_STATEMENT};

struct policy_decision policy_check(const struct policy_set *s, enum policy_action action,
                                    bytes name, const struct policy_request *request) {
    const struct question q = {s, POLICY_ACTION_BIT(action), name, request};
    enum policy_resource_type type = policy_action_resource(action);
    const struct policy_entry *e = find_entry(&q, policy_set_list(s, POLICY_DENY_LISTS, type));
    if (e)
        return decided(s, POLICY_EXPLICIT_DENY, e);
    e = find_entry(&q, policy_set_list(s, POLICY_ALLOW_LISTS, type));
    return e ? decided(s, POLICY_ALLOWED, e) : undecided;
}

static const struct policy_entry *
find_of_document(const struct question *q, const struct policy_entry_list *l, size_t document) {
    for (uint32_t i = 0; l && i < l->count; i++)
        if (q->set->statements[l->entries[i].statement].document == document &&
            applies(q, &l->entries[i]))
            return &l->entries[i];
    return NULL;
}

struct policy_decision policy_check_document(const struct policy_set *s, size_t document,
                                             enum policy_action action, bytes name,
                                             const struct policy_request *request) {
    const struct question q = {s, POLICY_ACTION_BIT(action), name, request};
    enum policy_resource_type type = policy_action_resource(action);
    const struct policy_entry *e =
        find_of_document(&q, policy_set_list(s, POLICY_DENY_LISTS, type), document);
    if (e)
        return decided(s, POLICY_EXPLICIT_DENY, e);
    e = find_of_document(&q, policy_set_list(s, POLICY_ALLOW_LISTS, type), document);
    return e ? decided(s, POLICY_ALLOWED, e) : undecided;
}

/* ---- two checks in one ---- */

struct policy_decision policy_decision_worst(struct policy_decision a, struct policy_decision b) {
    if (a.verdict == POLICY_EXPLICIT_DENY || b.verdict == POLICY_ALLOWED)
        return a;
    return b.verdict == POLICY_EXPLICIT_DENY || a.verdict == POLICY_ALLOWED ? b : a;
}

/* The actions that need both gates; IAM alone decides the others [AWS policy 7]. */
static const uint32_t gated_actions =
    POLICY_ACTION_BIT(POLICY_CONNECT) | POLICY_ACTION_BIT(POLICY_PUBLISH) |
    POLICY_ACTION_BIT(POLICY_SUBSCRIBE) | POLICY_ACTION_BIT(POLICY_RECEIVE) |
    POLICY_ACTION_BIT(POLICY_GET_THING_SHADOW) | POLICY_ACTION_BIT(POLICY_UPDATE_THING_SHADOW) |
    POLICY_ACTION_BIT(POLICY_DELETE_THING_SHADOW);

struct policy_decision policy_check_gates(const struct policy_set *iam,
                                          const struct policy_set *iot, enum policy_action action,
                                          bytes name, const struct policy_request *request) {
    struct policy_decision first = policy_check(iam, action, name, request);
    if (!(gated_actions & POLICY_ACTION_BIT(action)))
        return first;
    return policy_decision_worst(first, policy_check(iot, action, name, request));
}

static struct policy_decision either(struct policy_decision a, struct policy_decision b) {
    if (a.verdict == POLICY_EXPLICIT_DENY || b.verdict == POLICY_IMPLICIT_DENY)
        return a;
    return b.verdict == POLICY_EXPLICIT_DENY || a.verdict == POLICY_IMPLICIT_DENY ? b : a;
}

struct policy_decision policy_check_shared_receive(const struct policy_set *s, bytes group,
                                                   bytes topic) {
    static const char share[] = "$share/";
    uint8_t local[512];
    size_t len = sizeof share - 1 + group.len + 1 + topic.len;
    uint8_t *name = len <= sizeof local ? local : mem_new(len);
    memcpy(name, share, sizeof share - 1);
    if (group.len)
        memcpy(name + sizeof share - 1, group.ptr, group.len);
    name[sizeof share - 1 + group.len] = '/';
    if (topic.len)
        memcpy(name + len - topic.len, topic.ptr, topic.len);
    struct policy_decision d = either(policy_check(s, POLICY_RECEIVE, topic, NULL),
                                      policy_check(s, POLICY_RECEIVE, (bytes){name, len}, NULL));
    if (name != local)
        mem_free(name);
    return d;
}

/* ---- resources of requests ---- */

static status wrong_resource(bytes arn, bytes prefix) {
    return FAIL(E_INVALID, "%.*s is not a resource of this action here; write %.*sNAME",
                BYTES_ARG(bytes_slice(arn, 0, 300)), BYTES_ARG(prefix));
}

status policy_resource_name(const struct policy_scope *scope, enum policy_action action, bytes arn,
                            bytes *out_name) {
    enum policy_resource_type type = policy_action_resource(action);
    struct buf prefix = {0};
    if (type == POLICY_NO_RESOURCE) {
        if (!bytes_equal(arn, BYTES("*")))
            return FAIL(E_INVALID, "the resource of %s is *", policy_action_name(action));
        return *out_name = (bytes){0}, OK;
    }
    bytes partition = scope->partition.len ? scope->partition : BYTES("aws");
    buf_printf(&prefix, "arn:%.*s:iot:%.*s:%.*s:%.*s", BYTES_ARG(partition),
               BYTES_ARG(scope->region), BYTES_ARG(scope->account),
               BYTES_ARG(policy_resource_prefix(type)));
    status result = OK;
    if (bytes_start_with(arn, buf_bytes(&prefix)))
        *out_name = bytes_skip(arn, prefix.len);
    else
        result = wrong_resource(arn, buf_bytes(&prefix));
    buf_done(&prefix);
    return result;
}
