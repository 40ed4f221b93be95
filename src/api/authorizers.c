/* Custom authorizers [AWS identity 11.2]. */
#include "api/handlers.h"
#include "api/tags.h"
#include "base/random.h"
#include "function/authorizer.h"
#include "identity/token.h"
#include "registry/authorizer.h"
#include "store/record.h"

static void put_names(struct call *c, bytes name) {
    put_text(c->out, M_AUTHORIZER_NAME, name);
    put_text(c->out, M_AUTHORIZER_ARN, authorizer_arn(&c->registry, name));
}

/* ---- what comes in ---- */

static status check_function(bytes arn) {
    if (bytes_start_with(arn, BYTES("arn:")) && bytes_search(arn, BYTES(":lambda:")) < arn.len &&
        bytes_search(arn, BYTES(":function:")) < arn.len)
        return OK;
    return FAIL(E_INVALID,
                "'%.*s' is not the ARN of a function: write "
                "arn:aws:lambda:REGION:ACCOUNT:function:NAME",
                BYTES_ARG(bytes_slice(arn, 0, 200)));
}

static status read_keys(const struct call *c, bytes *out_keys) {
    const struct items *keys = get_list(c->in, M_TOKEN_SIGNING_PUBLIC_KEYS);
    AUTO(buf) list = {0};
    if (keys && keys->count > AUTHORIZER_KEYS_MAX)
        return FAIL(E_INVALID, "An authorizer has at most %d keys", AUTHORIZER_KEYS_MAX);
    VALUES_EACH(v, keys) {
        TRY(token_key_check(v->text));
        record_list_add(&list, v->key);
        record_list_add(&list, v->text);
    }
    *out_keys = arena_copy(c->arena, buf_bytes(&list));
    return OK;
}

/* What may be said when one is made and later. */
static status read_wishes(const struct call *c, struct authorizer *a) {
    if (has(c->in, M_AUTHORIZER_FUNCTION_ARN))
        a->function_arn = get_text(c->in, M_AUTHORIZER_FUNCTION_ARN);
    if (has(c->in, M_TOKEN_KEY_NAME))
        a->token_key = get_text(c->in, M_TOKEN_KEY_NAME);
    if (has(c->in, M_TOKEN_SIGNING_PUBLIC_KEYS))
        TRY(read_keys(c, &a->signing_keys));
    if (has(c->in, M_STATUS))
        a->inactive = bytes_equal(get_text(c->in, M_STATUS), BYTES("INACTIVE"));
    if (has(c->in, M_ENABLE_CACHING_FOR_HTTP))
        a->caches_http = get_flag(c->in, M_ENABLE_CACHING_FOR_HTTP);
    return check_function(a->function_arn);
}

/* ---- the operations ---- */

status create_authorizer(struct call *c) {
    struct authorizer a = {.name = get_text(c->in, M_AUTHORIZER_NAME),
                           .signing_disabled = get_flag(c->in, M_SIGNING_DISABLED)};
    c->resource_id = a.name;
    c->resource_arn = authorizer_arn(&c->registry, a.name);
    TRY(read_wishes(c, &a));
    TRY(authorizer_create(&c->registry, &a));
    TRY(put_new_tags(c, c->resource_arn));
    put_names(c, a.name);
    return OK;
}

static void put_keys(struct record *r, bytes keys) {
    struct items *map = put_list(r, M_TOKEN_SIGNING_PUBLIC_KEYS);
    bytes name, pem;
    while (record_list_next(&keys, &name) && record_list_next(&keys, &pem))
        add_entry(map, name, pem);
}

static void put_description(struct call *c, const struct authorizer *a) {
    struct record *r = put_record(c->out, M_AUTHORIZER_DESCRIPTION);
    put_text(r, M_AUTHORIZER_NAME, a->name);
    put_text(r, M_AUTHORIZER_ARN, authorizer_arn(&c->registry, a->name));
    put_text(r, M_AUTHORIZER_FUNCTION_ARN, a->function_arn);
    if (a->token_key.len > 0)
        put_text(r, M_TOKEN_KEY_NAME, a->token_key);
    put_keys(r, a->signing_keys);
    put_string(r, M_STATUS, a->inactive ? "INACTIVE" : "ACTIVE");
    put_time(r, M_CREATION_DATE, a->created_ms);
    put_time(r, M_LAST_MODIFIED_DATE, a->modified_ms);
    put_flag(r, M_SIGNING_DISABLED, a->signing_disabled);
    put_flag(r, M_ENABLE_CACHING_FOR_HTTP, a->caches_http);
}

status describe_authorizer(struct call *c) {
    struct authorizer a;
    TRY(authorizer_load(&c->registry, get_text(c->in, M_AUTHORIZER_NAME), &a));
    put_description(c, &a);
    return OK;
}

status list_authorizers(struct call *c) {
    struct page page = call_page(c);
    struct authorizer_list list;
    bytes wanted = get_text(c->in, M_STATUS);
    bool active = !bytes_equal(wanted, BYTES("INACTIVE"));
    bool inactive = !bytes_equal(wanted, BYTES("ACTIVE"));
    TRY(authorizer_list(&c->registry, active, inactive, &page, &list));
    struct items *all = put_list(c->out, M_AUTHORIZERS);
    for (size_t i = 0; i < list.count; i++) {
        struct record *one = add_record(all);
        put_text(one, M_AUTHORIZER_NAME, list.names[i]);
        put_text(one, M_AUTHORIZER_ARN, authorizer_arn(&c->registry, list.names[i]));
    }
    call_put_next(c, list.next);
    return OK;
}

status update_authorizer(struct call *c) {
    struct authorizer a;
    TRY(authorizer_load(&c->registry, get_text(c->in, M_AUTHORIZER_NAME), &a));
    TRY(read_wishes(c, &a));
    TRY(authorizer_save(&c->registry, &a));
    put_names(c, a.name);
    return OK;
}

status delete_authorizer(struct call *c) {
    return authorizer_delete(&c->registry, get_text(c->in, M_AUTHORIZER_NAME));
}

status set_default_authorizer(struct call *c) {
    bytes name = get_text(c->in, M_AUTHORIZER_NAME);
    c->resource_id = name;
    c->resource_arn = authorizer_arn(&c->registry, name);
    TRY(authorizer_set_default(&c->registry, name));
    put_names(c, name);
    return OK;
}

status describe_default_authorizer(struct call *c) {
    struct authorizer a;
    bytes name;
    TRY(authorizer_default(&c->registry, &name));
    TRY(authorizer_load(&c->registry, name, &a));
    put_description(c, &a);
    return OK;
}

status clear_default_authorizer(struct call *c) {
    return authorizer_clear_default(&c->registry);
}

/* ---- TestInvokeAuthorizer ---- */

static void read_http(const struct call *c, struct authorizer_request *r) {
    const struct record *context = get_record(c->in, M_HTTP_CONTEXT);
    const struct items *headers = get_list(context, M_HEADERS);
    size_t count = headers ? headers->count : 0;
    struct authorizer_header *all = ARENA_ARRAY(c->arena, struct authorizer_header, count + 1);
    r->has_http = context != NULL;
    r->query_string = get_text(context, M_QUERY_STRING);
    VALUES_EACH(v, headers)
    all[r->header_count++] = (struct authorizer_header){v->key, v->text};
    r->headers = all;
}

static struct authorizer_request request_in(const struct call *c) {
    const struct record *mqtt = get_record(c->in, M_MQTT_CONTEXT);
    const struct record *tls = get_record(c->in, M_TLS_CONTEXT);
    struct authorizer_request r = {.token = get_text(c->in, M_TOKEN),
                                   .has_tls = tls != NULL,
                                   .has_mqtt = mqtt != NULL,
                                   .server_name = get_text(tls, M_SERVER_NAME),
                                   .user_name = get_text(mqtt, M_USERNAME),
                                   .password = get_text(mqtt, M_PASSWORD),
                                   .client_id = get_text(mqtt, M_CLIENT_ID)};
    read_http(c, &r);
    return r;
}

static status load_outside(const struct call *c, struct authorizer *out) {
    struct registry r = c->registry;
    TRY(store_begin_read(c->config->store, &r.txn));
    status s = authorizer_load(&r, get_text(c->in, M_AUTHORIZER_NAME), out);
    store_rollback(r.txn);
    return s;
}

/* Without a transaction of its own: the function may take its time. */
status test_invoke_authorizer(struct call *c) {
    struct authorizer a;
    struct authorizer_answer answer;
    char uuid[37];
    TRY(load_outside(c, &a));
    struct authorizer_request request = request_in(c);
    random_uuid(uuid);
    request.connection_id = uuid;
    TRY(authorizer_check_token(&a, get_text(c->in, M_TOKEN_SIGNATURE), &request));
    TRY(authorizer_call(c->config->functions, c->registry.account,
                        authorizer_arn(&c->registry, a.name), &a, &request, c->arena, &answer));
    put_flag(c->out, M_IS_AUTHENTICATED, answer.is_authenticated);
    if (answer.principal_id.len > 0)
        put_text(c->out, M_PRINCIPAL_ID, answer.principal_id);
    struct items *policies = put_list(c->out, M_POLICY_DOCUMENTS);
    for (size_t i = 0; i < answer.policy_count; i++)
        add_text(policies, answer.policies[i]);
    put_number(c->out, M_REFRESH_AFTER_IN_SECONDS, answer.refresh_after_s);
    put_number(c->out, M_DISCONNECT_AFTER_IN_SECONDS, answer.disconnect_after_s);
    return OK;
}
