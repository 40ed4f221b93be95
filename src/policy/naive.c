#include "policy/naive.h"

#include <string.h>

#include "policy/operand.h"

/* What is asked, and of what documents. */
struct asked {
    const struct policy_scope *scope;
    const struct policy_context *context;
    enum policy_action action;
    const struct policy_request *request;
    bool variables; /* of the document at hand */
    struct arena *a;
    const struct policy_question *access; /* of IAM's documents; NULL for IoT policies */
};

/* ---- patterns: one number per character, negative for wildcards ---- */

enum { STAR = -1, QUESTION = -2 };

struct symbols {
    int64_t *items;
    size_t count;
    bool is_never; /* a variable is undefined */
};

static struct symbols symbols_new(const struct asked *q, size_t most) {
    return (struct symbols){ARENA_ARRAY(q->a, int64_t, most + 1), 0, false};
}

/* Characters as numbers: the bytes of one after another, which is unique for UTF-8. */
static void add_literal(struct symbols *s, bytes text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((text.ptr[i] & 0xC0) == 0x80 && s->count)
            s->items[s->count - 1] = s->items[s->count - 1] << 8 | text.ptr[i];
        else
            s->items[s->count++] = text.ptr[i];
    }
}

static bool symbols_match(const struct asked *q, struct symbols p, bytes text) {
    struct symbols t = symbols_new(q, text.len);
    add_literal(&t, text);
    if (p.is_never)
        return false;
    /* reach[i]: the text's first i characters match what was read of the pattern. */
    bool *reach = ARENA_ARRAY(q->a, bool, t.count + 1);
    reach[0] = true;
    for (size_t k = 0; k < p.count; k++) {
        bool *next = ARENA_ARRAY(q->a, bool, t.count + 1);
        for (size_t i = 0; i <= t.count; i++) {
            if (p.items[k] == STAR)
                next[i] = reach[i] || (i && next[i - 1]);
            else
                next[i] =
                    i && reach[i - 1] && (p.items[k] == QUESTION || t.items[i - 1] == p.items[k]);
        }
        reach = next;
    }
    return reach[t.count];
}

/* ---- variables ---- */

/* The index of the first `byte` at `from` or behind that stands neither between [ and ] nor in
 * quotes, or the length. */
static size_t find_outside(bytes text, size_t from, uint8_t byte) {
    bool in_brackets = false, in_quotes = false;
    for (size_t i = from; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (in_brackets)
            in_brackets = c != ']';
        else if (in_quotes)
            in_quotes = c != '\'';
        else if (c == byte)
            return i;
        else if (c == '[')
            in_brackets = true;
        else
            in_quotes = c == '\'';
    }
    return text.len;
}

/* The index behind the "}" that closes the "${" at the front, or 0. */
static size_t closing(bytes text) {
    size_t at = find_outside(text, 2, '}');
    return at < text.len ? at + 1 : 0;
}

/* Splits "key, 'text'"; false when it is neither that nor a key alone. */
static bool split_default(bytes inside, bytes *out_name, bytes *out_default) {
    size_t comma = find_outside(inside, 0, ',');
    *out_name = bytes_trim(bytes_slice(inside, 0, comma));
    *out_default = (bytes){0};
    if (out_name->len == 0)
        return false;
    if (comma == inside.len)
        return true;
    bytes rest = bytes_trim(bytes_skip(inside, comma + 1));
    if (rest.len < 2 || rest.ptr[0] != '\'' || rest.ptr[rest.len - 1] != '\'')
        return false;
    *out_default = bytes_slice(rest, 1, rest.len - 2);
    return true;
}

static bytes value_of(const struct asked *q, bytes name, bytes written, bytes fallback) {
    struct policy_key key = policy_key_parse(name);
    struct policy_values found = {0};
    if (q->access)
        found = policy_request_find(q->access->known, name);
    else if (policy_key_is_variable(&key))
        found = policy_context_find(q->context, q->scope, &key, q->a);
    if (!found.defined || found.count != 1)
        return fallback;
    return policy_value_is_substitutable(&key, found.items[0]) ? found.items[0] : written;
}

static struct symbols with_room(const struct asked *q, struct symbols s, size_t more) {
    struct symbols bigger = symbols_new(q, s.count + more);
    if (s.count)
        memcpy(bigger.items, s.items, s.count * sizeof *s.items);
    bigger.count = s.count;
    bigger.is_never = s.is_never;
    return bigger;
}

/* Reads what begins with "$"; returns how much was read, 0 when it is a plain dollar. */
static size_t read_dollar(const struct asked *q, bytes text, struct symbols *s) {
    bytes name, fallback;
    for (const char *e = "${*}${?}${$}$(*)$(?)$($)"; *e; e += 4)
        if (bytes_start_with(text, bytes_of(e, 4)))
            return add_literal(s, bytes_of(e + 2, 1)), 4;
    size_t end = bytes_start_with(text, BYTES("${")) ? closing(text) : 0;
    if (end == 0 || !split_default(bytes_slice(text, 2, end - 3), &name, &fallback))
        return 0;
    bytes value = value_of(q, name, bytes_slice(text, 0, end), fallback);
    *s = with_room(q, *s, value.len + text.len);
    s->is_never |= !value.ptr;
    add_literal(s, value);
    return end;
}

static struct symbols pattern_of(const struct asked *q, bytes text, bool wildcards,
                                 bool variables) {
    struct symbols s = symbols_new(q, text.len);
    for (size_t i = 0; i < text.len;) {
        size_t taken = 0;
        if (variables && text.ptr[i] == '$')
            taken = read_dollar(q, bytes_skip(text, i), &s);
        if (taken == 0) {
            if (wildcards && (text.ptr[i] == '*' || text.ptr[i] == '?'))
                s.items[s.count++] = text.ptr[i] == '*' ? STAR : QUESTION;
            else
                add_literal(&s, bytes_slice(text, i, 1));
            taken = 1;
        }
        i += taken;
    }
    return s;
}

/* ---- resources ---- */

static bool is_stars(bytes text) {
    size_t n = 0;
    while (n < text.len && text.ptr[n] == '*')
        n++;
    return n == text.len && n > 0;
}

/* Takes five parts off the front of an ARN; false when it has fewer than six. */
static bool five_parts(bytes *rest, bytes parts[5]) {
    for (int i = 0; i < 5; i++)
        if (!bytes_split(rest, ':', &parts[i]))
            return false;
    return rest->ptr != NULL;
}

static bytes request_arn(const struct asked *q, bytes name) {
    enum policy_resource_type type = policy_action_resource(q->action);
    struct buf arn = {0};
    buf_printf(&arn, "arn:aws:iot:%.*s:%.*s:", BYTES_ARG(q->scope->region),
               BYTES_ARG(q->scope->account));
    buf_append(&arn, policy_resource_prefix(type));
    buf_append(&arn, name);
    bytes copy = arena_copy(q->a, buf_bytes(&arn));
    buf_done(&arn);
    return type == POLICY_NO_RESOURCE ? BYTES("*") : copy;
}

static const char *missing_parts(bytes pattern) {
    static const char *const stars[] = {":*:*:*:*:*", ":*:*:*:*", ":*:*:*", ":*:*", ":*"};
    size_t colons = 0;
    for (size_t i = 0; i < pattern.len; i++)
        colons += pattern.ptr[i] == ':';
    return colons < COUNT_OF(stars) ? stars[colons] : "";
}

enum answer { NO, YES, UNDEFINED };

static enum answer resource_matches(const struct asked *q, bytes pattern, bytes arn) {
    bytes have[5], want[5], rest = pattern;
    if (is_stars(pattern))
        return YES;
    if (q->access) /* what is missing of an ARN is `*` to IAM */
        rest = bytes_from(arena_printf(q->a, "%.*s%s", BYTES_ARG(pattern), missing_parts(pattern)));
    bool is_whole = five_parts(&rest, want);
    struct symbols name = pattern_of(q, rest, true, q->variables);
    if (is_whole && name.is_never)
        return UNDEFINED;
    if (!is_whole || !five_parts(&arn, have))
        return NO;
    for (int i = 0; i < 5; i++)
        if (!symbols_match(q, pattern_of(q, want[i], true, false), have[i]))
            return NO;
    return symbols_match(q, name, arn) ? YES : NO;
}

#define EACH_OF(item, value)                                                                     \
    for (const struct json *item = (value)->type == JSON_ARRAY ? (value)->first : (value); item; \
         item = (value)->type == JSON_ARRAY ? item->next : NULL)

static bool resources_match(const struct asked *q, const struct json *statement, bytes arn) {
    const struct json *resource = json_member(statement, BYTES("Resource"));
    const struct json *except = json_member(statement, BYTES("NotResource"));
    if (!resource && !except)
        return true; /* of a trust policy */
    bool matched = false, undefined = false;
    EACH_OF(pattern, resource ? resource : except) {
        enum answer a = resource_matches(q, pattern->text, arn);
        matched |= a == YES;
        undefined |= a == UNDEFINED;
    }
    return resource ? matched : !matched && !undefined;
}

/* ---- actions ---- */

static bytes lower(const struct asked *q, bytes text) {
    uint8_t *out = arena_alloc(q->a, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        out[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
    }
    return (bytes){out, text.len};
}

static bool actions_match(const struct asked *q, const struct json *statement) {
    const struct json *action = json_member(statement, BYTES("Action"));
    const struct json *except = json_member(statement, BYTES("NotAction"));
    bytes asked =
        lower(q, q->access ? q->access->action : bytes_from(policy_action_name(q->action)));
    bool matched = false;
    EACH_OF(pattern, action ? action : except)
    matched |= symbols_match(q, pattern_of(q, lower(q, pattern->text), true, false), asked);
    return action ? matched : !matched;
}

/* ---- conditions ---- */

static bool take(bytes *text, const char *word, bool at_end) {
    bytes w = bytes_from(word);
    bytes part = bytes_slice(*text, at_end && text->len > w.len ? text->len - w.len : 0, w.len);
    if (!bytes_equal_nocase(part, w))
        return false;
    *text = at_end ? bytes_slice(*text, 0, text->len - w.len) : bytes_skip(*text, w.len);
    return true;
}

static bool is_all_stars(struct symbols s) {
    size_t n = 0;
    while (n < s.count && s.items[n] == STAR)
        n++;
    return n == s.count && n > 0 && !s.is_never;
}

static bool arn_like(const struct asked *q, bytes pattern, bytes arn) {
    /* The colons of a variable's name do not count: cut at those outside of ${…}. */
    bytes have[5], want[6];
    size_t part = 0, from = 0;
    if (is_all_stars(pattern_of(q, pattern, true, q->variables)))
        return true;
    for (size_t i = 0; i < pattern.len && part < 5; i++) {
        bytes rest = bytes_skip(pattern, i);
        struct symbols scratch = symbols_new(q, rest.len);
        size_t taken = q->variables && rest.ptr[0] == '$' ? read_dollar(q, rest, &scratch) : 0;
        if (taken)
            i += taken - 1;
        else if (rest.ptr[0] == ':') {
            want[part++] = bytes_slice(pattern, from, i - from);
            from = i + 1;
        }
    }
    want[part] = bytes_skip(pattern, from);
    if (part < 5 || !five_parts(&arn, have))
        return false;
    for (int i = 0; i < 5; i++)
        if (!symbols_match(q, pattern_of(q, want[i], true, q->variables), have[i]))
            return false;
    return symbols_match(q, pattern_of(q, want[5], true, q->variables), arn);
}

static bool string_matches(const struct asked *q, bytes how, bytes pattern, bytes value) {
    if (bytes_equal_nocase(how, BYTES("Like")))
        return symbols_match(q, pattern_of(q, pattern, true, q->variables), value);
    struct symbols p = pattern_of(q, pattern, false, q->variables);
    if (!bytes_equal_nocase(how, BYTES("EqualsIgnoreCase")))
        return symbols_match(q, p, value);
    for (size_t i = 0; i < p.count; i++)
        if (p.items[i] >= 'A' && p.items[i] <= 'Z')
            p.items[i] += 'a' - 'A';
    return symbols_match(q, p, lower(q, value));
}

static bool relation_holds(bytes relation, double have, double want) {
    if (bytes_equal_nocase(relation, BYTES("LessThan")))
        return have < want;
    if (bytes_equal_nocase(relation, BYTES("LessThanEquals")))
        return have <= want;
    if (bytes_equal_nocase(relation, BYTES("GreaterThan")))
        return have > want;
    if (bytes_equal_nocase(relation, BYTES("GreaterThanEquals")))
        return have >= want;
    return have == want;
}

static bool number_matches(bytes relation, bytes pattern, bytes value) {
    double have, want;
    return policy_number_parse(pattern, &want) == OK && policy_number_parse(value, &have) == OK &&
           relation_holds(relation, have, want);
}

static bool date_matches(bytes relation, bytes pattern, bytes value) {
    int64_t have, want;
    return policy_date_parse(pattern, &want) == OK && policy_date_parse(value, &have) == OK &&
           relation_holds(relation, (double)have, (double)want);
}

static bool address_matches(bytes pattern, bytes value) {
    struct policy_ip_range range, address;
    return policy_ip_parse(pattern, &range) == OK && bytes_find(value, '/') == value.len &&
           policy_ip_parse(value, &address) == OK && policy_ip_contains(&range, &address);
}

/* One value of the request against one of the policy; `op` is the operator without its Not. */
static bool pair_matches(const struct asked *q, bytes op, bytes pattern, bytes value) {
    if (take(&op, "String", false))
        return string_matches(q, op, pattern, value);
    if (take(&op, "Numeric", false))
        return number_matches(op, pattern, value);
    if (take(&op, "Date", false))
        return date_matches(op, pattern, value);
    if (take(&op, "Arn", false))
        return arn_like(q, pattern, value);
    if (take(&op, "IpAddress", false))
        return address_matches(pattern, value);
    return take(&op, "Bool", false) ? bytes_equal_nocase(pattern, value)
                                    : bytes_equal(pattern, value);
}

/* Takes "Not" out of the operator: StringNotLike becomes StringLike and is negated. */
static bool take_not(const struct asked *q, bytes *op) {
    bytes folded = lower(q, *op);
    size_t at = bytes_search(folded, BYTES("not"));
    if (at == folded.len)
        return false;
    struct buf rest = {0};
    buf_append(&rest, bytes_slice(*op, 0, at));
    buf_append(&rest, bytes_skip(*op, at + 3));
    *op = arena_copy(q->a, buf_bytes(&rest));
    buf_done(&rest);
    return true;
}

static bytes text_of(const struct json *value) {
    return value->type == JSON_TRUE    ? BYTES("true")
           : value->type == JSON_FALSE ? BYTES("false")
                                       : value->text;
}

static struct policy_values values_of(const struct asked *q, bytes name) {
    struct policy_key key = policy_key_parse(name);
    if (q->access)
        return policy_request_find(q->access->known, name);
    if (!policy_key_is_of_connection(&key))
        return policy_request_find(q->request, name);
    if (policy_key_is_of_connect(&key) && q->action != POLICY_CONNECT)
        return (struct policy_values){0};
    return policy_context_find(q->context, q->scope, &key, q->a);
}

static bool condition_holds(const struct asked *q, bytes op, const struct json *key) {
    bool for_all = take(&op, "ForAllValues:", false), for_any = take(&op, "ForAnyValue:", false);
    bool if_exists = take(&op, "IfExists", true);
    struct policy_values have = values_of(q, key->name);
    bool absent = !have.defined || have.count == 0;
    if (bytes_equal_nocase(op, BYTES("Null"))) {
        bool holds = false;
        EACH_OF(value, key)
        holds |= bytes_equal_nocase(text_of(value), absent ? BYTES("true") : BYTES("false"));
        return holds;
    }
    bool negated = take_not(q, &op);
    if (absent)
        return if_exists || for_all || (negated && !for_any);
    size_t passing = 0;
    for (size_t i = 0; i < have.count; i++) {
        bool matched = false;
        EACH_OF(value, key)
        matched |= pair_matches(q, op, text_of(value), have.items[i]);
        passing += matched != negated;
    }
    return for_all ? passing == have.count : passing > 0;
}

static bool conditions_hold(const struct asked *q, const struct json *statement) {
    JSON_EACH (operator_, json_member(statement, BYTES("Condition")))
        JSON_EACH (key, operator_)
            if (!condition_holds(q, operator_->name, key))
                return false;
    return true;
}

/* ---- all of it ---- */

enum policy_verdict policy_naive_check(const struct json *const *documents, size_t count,
                                       const struct policy_scope *scope,
                                       const struct policy_context *context,
                                       enum policy_action action, bytes name,
                                       const struct policy_request *request) {
    AUTO(arena) a = {0};
    struct asked q = {scope, context, action, request, false, &a, NULL};
    bool allowed = false;
    bytes arn = request_arn(&q, name);
    for (size_t i = 0; i < count; i++) {
        const struct json *version = json_member(documents[i], BYTES("Version"));
        q.variables = version && bytes_equal(version->text, BYTES("2012-10-17"));
        EACH_OF(s, json_member(documents[i], BYTES("Statement"))) {
            if (!actions_match(&q, s) || !resources_match(&q, s, arn) || !conditions_hold(&q, s))
                continue;
            if (bytes_equal(json_member(s, BYTES("Effect"))->text, BYTES("Deny")))
                return POLICY_EXPLICIT_DENY;
            allowed = true;
        }
    }
    return allowed ? POLICY_ALLOWED : POLICY_IMPLICIT_DENY;
}

/* ---- IAM's documents ---- */

static enum policy_reach reach_of(const struct policy_asker *asker, bytes kind, bytes name) {
    AUTO(buf) root = {0};
    buf_printf(&root, "arn:aws:iam::%.*s:root", BYTES_ARG(asker->account));
    if (bytes_equal(kind, BYTES("Service")))
        return asker->service.len && bytes_equal(name, asker->service) ? POLICY_ABOUT_ASKER
                                                                       : POLICY_NOT_ABOUT;
    if (!bytes_equal(kind, BYTES("AWS")))
        return POLICY_NOT_ABOUT;
    if (bytes_equal(name, buf_bytes(&root)) || bytes_equal(name, asker->account))
        return asker->account.len ? POLICY_ABOUT_ACCOUNT : POLICY_NOT_ABOUT;
    return bytes_equal(name, BYTES("*")) || (asker->arn.len && bytes_equal(name, asker->arn)) ||
                   (asker->role_arn.len && bytes_equal(name, asker->role_arn))
               ? POLICY_ABOUT_ASKER
               : POLICY_NOT_ABOUT;
}

static bool principals_match(const struct asked *q, const struct json *statement) {
    const struct policy_asker *asker = q->access->asker;
    const struct json *principal = json_member(statement, BYTES("Principal"));
    const struct json *except = json_member(statement, BYTES("NotPrincipal"));
    enum policy_reach reach = POLICY_NOT_ABOUT;
    bool is_deny = bytes_equal(json_member(statement, BYTES("Effect"))->text, BYTES("Deny"));
    const struct json *named = principal ? principal : except;
    if (!asker)
        return true;
    if (json_is_string(named))
        reach = POLICY_ABOUT_ASKER;
    JSON_EACH (kind, named)
        EACH_OF(name, kind) {
            enum policy_reach r = reach_of(asker, kind->name, name->text);
            reach = r > reach ? r : reach;
        }
    if (except)
        return reach == POLICY_NOT_ABOUT;
    return reach != POLICY_NOT_ABOUT && (is_deny || reach >= q->access->reach);
}

enum policy_verdict policy_naive_access(const struct json *const *documents, size_t count,
                                        const struct policy_question *question) {
    AUTO(arena) a = {0};
    struct asked q = {.a = &a, .access = question};
    bool allowed = false;
    for (size_t i = 0; i < count; i++) {
        const struct json *version = json_member(documents[i], BYTES("Version"));
        q.variables = version && bytes_equal(version->text, BYTES("2012-10-17"));
        EACH_OF(s, json_member(documents[i], BYTES("Statement"))) {
            if (!actions_match(&q, s) || !principals_match(&q, s) ||
                !resources_match(&q, s, question->resource) || !conditions_hold(&q, s))
                continue;
            if (bytes_equal(json_member(s, BYTES("Effect"))->text, BYTES("Deny")))
                return POLICY_EXPLICIT_DENY;
            allowed = true;
        }
    }
    return allowed ? POLICY_ALLOWED : POLICY_IMPLICIT_DENY;
}
