/* Documents and a context become a set. Everything is first made in scratch memory, then laid out
 * in one block of just the size. */
#include <assert.h>
#include <string.h>

#include "policy/internal.h"

enum { EXACT_WITHOUT_HASH_MAX = 8 };

struct builder {
    struct arena scratch;
    struct policy_binding binding;
    struct buf entries[POLICY_LIST_KINDS][POLICY_RESOURCE_TYPE_COUNT]; /* of policy_entry */
    struct buf statements; /* of policy_bound_statement */
    struct buf clauses;    /* of policy_bound_clause */
    size_t owned_bytes;    /* texts, lists of none_of, texts of clauses: what is copied besides */
};

static const struct policy_entry *entries_of(const struct buf *b) {
    return (const struct policy_entry *)(const void *)b->ptr;
}

static size_t entry_count(const struct buf *b) {
    return b->len / sizeof(struct policy_entry);
}

/* ---- conditions ---- */

static struct policy_values find_values(struct builder *b, const struct policy_key *key) {
    if (!b->binding.context)
        return (struct policy_values){0};
    return policy_context_find(b->binding.context, b->binding.scope, key, &b->scratch);
}

/* Whether a clause on the connection holds for iot:Connect, and for the other actions: some keys
 * are known to the first only. */
static void decide_clause(struct builder *b, const struct policy_clause *c, bool *out_connect,
                          bool *out_others) {
    const struct policy_values unknown = {0};
    const bytes *texts = policy_clause_bind(c, &b->binding);
    struct policy_values values = find_values(b, &c->key);
    *out_connect = policy_clause_holds(c, texts, &values);
    *out_others =
        policy_key_is_of_connect(&c->key) ? policy_clause_holds(c, texts, &unknown) : *out_connect;
    if (!values.defined && !*out_connect)
        policy_binding_miss(&b->binding, c->key.text);
}

static void keep_clause(struct builder *b, const struct policy_clause *c) {
    struct policy_bound_clause bound = {c, policy_clause_bind(c, &b->binding)};
    buf_append(&b->clauses, bytes_of(&bound, sizeof bound));
    if (!bound.texts)
        return;
    b->owned_bytes += c->count * sizeof(bytes) + sizeof(bytes);
    for (size_t i = 0; i < c->count; i++)
        b->owned_bytes += bound.texts[i].len;
}

/* Decides what is about the connection and keeps what is about requests. Returns the actions for
 * which nothing is false. */
static uint32_t decide_clauses(struct builder *b, const struct policy_statement *s,
                               struct policy_bound_statement *out) {
    size_t before = b->clauses.len;
    for (size_t i = 0; i < s->clause_count; i++) {
        bool connect, others;
        if (!policy_key_is_of_connection(&s->clauses[i].key)) {
            keep_clause(b, &s->clauses[i]);
            continue;
        }
        decide_clause(b, &s->clauses[i], &connect, &others);
        if (!connect && out->false_connect_clause == POLICY_NO_CLAUSE)
            out->false_connect_clause = (uint16_t)i;
        if (!others && out->false_clause == POLICY_NO_CLAUSE)
            out->false_clause = (uint16_t)i;
    }
    out->clause_from = (uint32_t)(before / sizeof(struct policy_bound_clause));
    out->clause_count = (uint32_t)((b->clauses.len - before) / sizeof(struct policy_bound_clause));
    uint32_t connect = POLICY_ACTION_BIT(POLICY_CONNECT), actions = s->actions;
    if (out->false_connect_clause != POLICY_NO_CLAUSE)
        actions &= ~connect;
    if (out->false_clause != POLICY_NO_CLAUSE)
        actions &= connect;
    return actions;
}

/* ---- resources ---- */

static struct policy_entry classify(bytes pattern) {
    struct policy_entry e = {.kind = POLICY_ENTRY_EXACT, .text = pattern.ptr};
    size_t at = 0;
    while (at < pattern.len && pattern.ptr[at] < POLICY_ANY_CHARACTER)
        at++;
    e.len = (uint32_t)at;
    if (at == pattern.len)
        return e;
    if (at + 1 == pattern.len && pattern.ptr[at] == POLICY_ANY_RUN) {
        e.kind = at == 0 ? POLICY_ENTRY_ANY : POLICY_ENTRY_PREFIX;
        return e;
    }
    e.kind = POLICY_ENTRY_GLOB;
    e.len = (uint32_t)pattern.len;
    return e;
}

/* Appends to `out` what this resource allows to follow the type's prefix. `text` is the bound
 * pattern behind the fifth colon. */
static void add_patterns(const struct policy_resource *r, bytes text, bool is_owned,
                         enum policy_resource_type type, struct buf *out) {
    bytes rests[POLICY_REMAINDERS_MAX];
    size_t count = 0;
    if (r->is_any) {
        struct policy_entry any = {.kind = POLICY_ENTRY_ANY};
        buf_append(out, bytes_of(&any, sizeof any));
    } else if (type != POLICY_NO_RESOURCE) {
        count = policy_glob_after(text, policy_resource_prefix(type), rests);
    }
    for (size_t i = 0; i < count; i++) {
        struct policy_entry e = classify(rests[i]);
        e.is_owned = is_owned && e.kind != POLICY_ENTRY_ANY;
        buf_append(out, bytes_of(&e, sizeof e));
    }
}

/* Puts an entry with the statement's marks into its list. */
static void add_entry(struct builder *b, const struct policy_statement *s,
                      enum policy_resource_type type, const struct policy_entry *marks,
                      struct policy_entry e) {
    e.actions = marks->actions & policy_actions_on(type);
    e.statement = marks->statement;
    e.is_conditional = marks->is_conditional;
    buf_append(&b->entries[s->is_allow ? POLICY_ALLOW_LISTS : POLICY_DENY_LISTS][type],
               bytes_of(&e, sizeof e));
    if (e.is_owned)
        b->owned_bytes += e.len;
}

static void add_resource(struct builder *b, const struct policy_statement *s,
                         const struct policy_resource *r, const struct policy_entry *marks) {
    struct buf found = {0};
    bytes text = {0};
    if (!policy_resource_is_of(r, b->binding.scope) ||
        !policy_template_bind(&r->rest, &b->binding, &text))
        return;
    bool is_owned = !policy_template_is_constant(&r->rest);
    for (unsigned type = 0; type < POLICY_RESOURCE_TYPE_COUNT; type++) {
        if (!(marks->actions & policy_actions_on(type)))
            continue;
        buf_clear(&found);
        add_patterns(r, text, is_owned, type, &found);
        for (size_t i = 0; i < entry_count(&found); i++)
            add_entry(b, s, type, marks, entries_of(&found)[i]);
    }
    buf_done(&found);
}

/* The patterns of NotResource on one type; `texts` has one bound text per resource. */
static void none_of_type(struct builder *b, const struct policy_statement *s, const bytes *texts,
                         enum policy_resource_type type, struct buf *out) {
    for (size_t i = 0; i < s->resource_count; i++)
        if (policy_resource_is_of(&s->resources[i], b->binding.scope))
            add_patterns(&s->resources[i], texts[i],
                         !policy_template_is_constant(&s->resources[i].rest), type, out);
}

static bool has_any(const struct buf *entries) {
    for (size_t i = 0; i < entry_count(entries); i++)
        if (entries_of(entries)[i].kind == POLICY_ENTRY_ANY)
            return true;
    return false;
}

static void add_none_of_type(struct builder *b, const struct policy_statement *s,
                             const struct policy_entry *marks, enum policy_resource_type type,
                             const struct buf *patterns) {
    struct policy_entry e = {.kind = POLICY_ENTRY_ANY};
    size_t count = entry_count(patterns);
    if (has_any(patterns))
        return; /* every resource is excepted */
    if (count > 0) {
        e.kind = POLICY_ENTRY_NONE_OF;
        e.len = (uint32_t)count;
        e.none_of = (const void *)arena_copy(&b->scratch, buf_bytes(patterns)).ptr;
        b->owned_bytes += patterns->len;
        for (size_t i = 0; i < count; i++)
            b->owned_bytes += e.none_of[i].is_owned ? e.none_of[i].len : 0;
    }
    add_entry(b, s, type, marks, e);
}

/* With an undefined variable the statement applies to nothing [AWS policy 5.4]. */
static void add_none_of(struct builder *b, const struct policy_statement *s,
                        const struct policy_entry *marks) {
    struct buf patterns = {0};
    bytes *texts = ARENA_ARRAY(&b->scratch, bytes, s->resource_count);
    bool complete = true;
    for (size_t i = 0; i < s->resource_count; i++)
        complete &= policy_template_bind(&s->resources[i].rest, &b->binding, &texts[i]);
    for (unsigned type = 0; complete && type < POLICY_RESOURCE_TYPE_COUNT; type++) {
        if (!(marks->actions & policy_actions_on(type)))
            continue;
        buf_clear(&patterns);
        none_of_type(b, s, texts, type, &patterns);
        add_none_of_type(b, s, marks, type, &patterns);
    }
    buf_done(&patterns);
}

/* ---- statements ---- */

static void bind_statement(struct builder *b, size_t document, size_t statement,
                           const struct policy_statement *s) {
    struct policy_bound_statement bound = {.document = (uint16_t)document,
                                           .statement = (uint16_t)statement,
                                           .false_clause = POLICY_NO_CLAUSE,
                                           .false_connect_clause = POLICY_NO_CLAUSE};
    b->binding.actions = s->actions;
    struct policy_entry marks = {.actions = decide_clauses(b, s, &bound)};
    marks.statement = (uint32_t)(b->statements.len / sizeof bound);
    marks.is_conditional = bound.clause_count > 0;
    buf_append(&b->statements, bytes_of(&bound, sizeof bound));
    if (marks.actions == 0)
        return;
    if (s->is_not_resource) {
        add_none_of(b, s, &marks);
        return;
    }
    for (size_t i = 0; i < s->resource_count; i++)
        add_resource(b, s, &s->resources[i], &marks);
}

/* ---- laying out ---- */

/* The block under construction; what is placed keeps the alignment of pointers. */
struct block {
    uint8_t *next, *end;
};

static void *place(struct block *to, const void *data, size_t size) {
    uint8_t *at = to->next;
    size_t padded = (size + 7) & ~(size_t)7;
    assert(padded <= (size_t)(to->end - at));
    if (size && data)
        memcpy(at, data, size);
    to->next += padded;
    return at;
}

/* Texts lie behind everything else, unpadded, from the end of the block downwards. */
static const uint8_t *place_text(struct block *to, bytes text) {
    assert(text.len <= (size_t)(to->end - to->next));
    to->end -= text.len;
    if (text.len)
        memcpy(to->end, text.ptr, text.len);
    return to->end;
}

static void own_text(struct block *to, struct policy_entry *e) {
    if (e->is_owned)
        e->text = place_text(to, (bytes){e->text, e->len});
    if (e->kind != POLICY_ENTRY_NONE_OF)
        return;
    struct policy_entry *copies = place(to, e->none_of, e->len * sizeof *e);
    for (uint32_t i = 0; i < e->len; i++)
        own_text(to, &copies[i]);
    e->none_of = copies;
}

static uint32_t slot_count(size_t exact) {
    uint32_t n = 16;
    if (exact <= EXACT_WITHOUT_HASH_MAX)
        return 0;
    while (n < exact * 2)
        n *= 2;
    return n;
}

static void hash_exact(struct policy_entry_list *l, uint32_t *slots) {
    for (uint32_t i = l->exact_from; i < l->exact_end; i++) {
        uint64_t at = bytes_hash((bytes){l->entries[i].text, l->entries[i].len});
        while (slots[at & l->slot_mask])
            at++;
        slots[at & l->slot_mask] = i + 1;
    }
}

static void lay_out_list(struct block *to, const struct buf *from, struct policy_entry_list *l) {
    struct policy_entry *entries = place(to, NULL, from->len);
    for (unsigned kind = 0; kind < POLICY_ENTRY_KIND_COUNT; kind++) {
        if (kind == POLICY_ENTRY_EXACT)
            l->exact_from = l->count;
        for (size_t i = 0; i < entry_count(from); i++)
            if (entries_of(from)[i].kind == kind)
                entries[l->count++] = entries_of(from)[i];
        if (kind == POLICY_ENTRY_EXACT)
            l->exact_end = l->count;
    }
    for (uint32_t i = 0; i < l->count; i++) {
        l->actions |= entries[i].actions;
        own_text(to, &entries[i]);
    }
    l->entries = entries;
    uint32_t slots = slot_count(l->exact_end - l->exact_from);
    if (slots == 0)
        return;
    uint32_t *table = place(to, NULL, slots * sizeof *table);
    l->slots = table;
    l->slot_mask = slots - 1;
    hash_exact(l, table);
}

static void lay_out_clauses(struct block *to, const struct builder *b, struct policy_set *s) {
    struct policy_bound_clause *clauses = place(to, b->clauses.ptr, b->clauses.len);
    for (size_t i = 0; i < b->clauses.len / sizeof *clauses; i++) {
        if (!clauses[i].texts)
            continue;
        size_t count = clauses[i].clause->count;
        bytes *texts = place(to, clauses[i].texts, count * sizeof *texts);
        for (size_t k = 0; k < count; k++)
            if (texts[k].ptr)
                texts[k].ptr = place_text(to, texts[k]);
        clauses[i].texts = texts;
    }
    s->clauses = clauses;
}

static void lay_out_missing(struct block *to, const struct builder *b, struct policy_set *s) {
    struct policy_bound_missing *all = place(to, NULL, b->binding.missing_count * sizeof *all);
    for (const struct policy_missing *m = b->binding.missing; m; m = m->next)
        all[s->missing_count++] = (struct policy_bound_missing){m->name, m->actions};
    s->missing = all;
}

static void lay_out_documents(struct block *to, struct policy_document *const *documents,
                              size_t count, struct policy_set *s) {
    s->documents = place(to, documents, count * sizeof *documents);
    s->document_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        (void)policy_document_ref(s->documents[i]);
}

static size_t exact_count(const struct buf *entries) {
    size_t n = 0;
    for (size_t i = 0; i < entry_count(entries); i++)
        n += entries_of(entries)[i].kind == POLICY_ENTRY_EXACT;
    return n;
}

/* An upper bound of what the layout takes, exact but for padding. */
static size_t block_size(const struct builder *b, size_t document_count, size_t prefix_len,
                         size_t *out_lists) {
    size_t size = sizeof(struct policy_set) + document_count * sizeof(void *) + b->statements.len +
                  b->clauses.len + b->binding.missing_count * sizeof(struct policy_bound_missing) +
                  b->owned_bytes + prefix_len;
    *out_lists = 0;
    for (unsigned kind = 0; kind < POLICY_LIST_KINDS; kind++)
        for (unsigned type = 0; type < POLICY_RESOURCE_TYPE_COUNT; type++) {
            const struct buf *l = &b->entries[kind][type];
            size += l->len + slot_count(exact_count(l)) * sizeof(uint32_t);
            *out_lists += l->len > 0;
        }
    return (size + *out_lists * sizeof(struct policy_entry_list) + 7) & ~(size_t)7;
}

static uint32_t any_actions(const struct policy_entry_list *l) {
    uint32_t actions = 0;
    for (uint32_t i = 0; l && i < l->exact_from; i++)
        if (!l->entries[i].is_conditional)
            actions |= l->entries[i].actions;
    return actions;
}

static uint32_t open_actions(const struct policy_set *s) {
    uint32_t open = 0, denied = 0;
    for (unsigned type = 0; type < POLICY_RESOURCE_TYPE_COUNT; type++) {
        const struct policy_entry_list *deny = policy_set_list(s, POLICY_DENY_LISTS, type);
        denied |= deny ? deny->actions : 0;
        open |= any_actions(policy_set_list(s, POLICY_ALLOW_LISTS, type));
    }
    return open & ~denied;
}

static struct policy_set *lay_out(const struct builder *b, struct policy_document *const *documents,
                                  size_t count, bytes arn_prefix) {
    size_t lists, size = block_size(b, count, arn_prefix.len, &lists);
    struct policy_set *s = mem_new(size);
    struct block to = {(uint8_t *)(s + 1), (uint8_t *)s + size};
    atomic_init(&s->refs, 1);
    s->bytes = size;
    s->arn_prefix = (bytes){place_text(&to, arn_prefix), arn_prefix.len};
    lay_out_documents(&to, documents, count, s);
    s->statements = place(&to, b->statements.ptr, b->statements.len);
    s->statement_count = (uint32_t)(b->statements.len / sizeof *s->statements);
    lay_out_missing(&to, b, s);
    lay_out_clauses(&to, b, s);
    s->lists = place(&to, NULL, lists * sizeof *s->lists);
    uint8_t used = 0;
    for (unsigned kind = 0; kind < POLICY_LIST_KINDS; kind++)
        for (unsigned type = 0; type < POLICY_RESOURCE_TYPE_COUNT; type++)
            if (b->entries[kind][type].len) {
                lay_out_list(&to, &b->entries[kind][type], &s->lists[used]);
                s->list_of[kind][type] = ++used;
            }
    s->open_actions = open_actions(s);
    return s;
}

static bytes arn_prefix(const struct policy_scope *scope, struct arena *a) {
    bytes partition = scope->partition.len ? scope->partition : BYTES("aws");
    return bytes_from(arena_printf(a, "arn:%.*s:iot:%.*s:%.*s:", BYTES_ARG(partition),
                                   BYTES_ARG(scope->region), BYTES_ARG(scope->account)));
}

struct policy_set *policy_set_bind(struct policy_document *const *documents, size_t count,
                                   const struct policy_scope *scope,
                                   const struct policy_context *context) {
    struct builder b = {.binding = {.scope = scope, .context = context}};
    assert(count < POLICY_NO_STATEMENT);
    b.binding.arena = &b.scratch;
    for (size_t d = 0; d < count; d++)
        for (size_t i = 0; i < documents[d]->statement_count; i++)
            bind_statement(&b, d, i, &documents[d]->statements[i]);
    struct policy_set *s = lay_out(&b, documents, count, arn_prefix(scope, &b.scratch));
    for (unsigned kind = 0; kind < POLICY_LIST_KINDS; kind++)
        for (unsigned type = 0; type < POLICY_RESOURCE_TYPE_COUNT; type++)
            buf_done(&b.entries[kind][type]);
    buf_done(&b.statements);
    buf_done(&b.clauses);
    arena_done(&b.scratch);
    return s;
}
