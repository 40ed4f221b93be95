/* Thing registration tasks: bulk registration from a file [AWS identity 9.2]. */
#include "api/handlers.h"
#include "provisioning/bulk.h"
#include "registry/registration_task.h"
#include "template/template.h"

static status require_bulk(const struct call *c) {
    if (c->config->bulk)
        return OK;
    return FAIL(E_NOT_IMPLEMENTED, "This server runs no thing registration tasks");
}

/* The template and the input are looked at before anything is kept. */
status check_task(struct call *c) {
    const struct template *template;
    TRY(require_bulk(c));
    TRY(template_parse(c->arena, get_text(c->in, M_TEMPLATE_BODY), TEMPLATE_THING, &template));
    return bulk_find_input(c->config->bulk, get_text(c->in, M_INPUT_FILE_BUCKET),
                           get_text(c->in, M_INPUT_FILE_KEY), &c->input_bytes);
}

static status create(struct call *c, struct registration_task *task) {
    TRY(store_begin_write(c->config->store, &c->registry.txn));
    status s = registration_task_create(&c->registry, task);
    if (s == OK)
        return store_commit(TAKE(c->registry.txn));
    const char *why = arena_string(c->arena, bytes_from(failure_text()));
    store_rollback(TAKE(c->registry.txn));
    return FAIL(s, "%s", why);
}

/* In a transaction of its own: the worker must find the task. */
status start_task(struct call *c) {
    struct registration_task task = {
        .template_body = get_text(c->in, M_TEMPLATE_BODY),
        .bucket = get_text(c->in, M_INPUT_FILE_BUCKET),
        .key = get_text(c->in, M_INPUT_FILE_KEY),
        .role_arn = get_text(c->in, M_ROLE_ARN),
        .input_bytes = c->input_bytes,
    };
    TRY(create(c, &task));
    bulk_run(c->config->bulk, c->registry.account, task.id);
    put_text(c->out, M_TASK_ID, task.id);
    return OK;
}

status stop_registration_task(struct call *c) {
    return registration_task_cancel(&c->registry, get_text(c->in, M_TASK_ID));
}

status describe_registration_task(struct call *c) {
    struct registration_task task;
    TRY(registration_task_load(&c->registry, get_text(c->in, M_TASK_ID), &task));
    put_text(c->out, M_TASK_ID, task.id);
    put_time(c->out, M_CREATION_DATE, task.created_ms);
    put_time(c->out, M_LAST_MODIFIED_DATE, task.modified_ms);
    put_text(c->out, M_TEMPLATE_BODY, task.template_body);
    put_text(c->out, M_INPUT_FILE_BUCKET, task.bucket);
    put_text(c->out, M_INPUT_FILE_KEY, task.key);
    put_text(c->out, M_ROLE_ARN, task.role_arn);
    put_string(c->out, M_STATUS, registration_task_status_name(task.status));
    put_text(c->out, M_MESSAGE, task.message);
    put_number(c->out, M_SUCCESS_COUNT, (int64_t)task.success_count);
    put_number(c->out, M_FAILURE_COUNT, (int64_t)task.failure_count);
    put_number(c->out, M_PERCENTAGE_PROGRESS, registration_task_percentage(&task));
    return OK;
}

status list_registration_tasks(struct call *c) {
    enum registration_task_status storage;
    struct page page = call_page(c);
    struct name_list list;
    bool filtered = has(c->in, M_STATUS);
    if (filtered)
        TRY(registration_task_status_parse(get_text(c->in, M_STATUS), &storage));
    TRY(registration_task_list(&c->registry, filtered ? &storage : NULL, &page, &list));
    struct items *ids = put_list(c->out, M_TASK_IDS);
    for (size_t i = 0; i < list.count; i++)
        add_text(ids, list.items[i]);
    call_put_next(c, list.next);
    return OK;
}

/* A report comes in parts; the token of a page is the number of its first part. */
static status first_part(const struct call *c, const struct page *page, uint64_t *out_first) {
    *out_first = 0;
    if (page->token.len > 0 && bytes_to_u64(page->token, UINT32_MAX, out_first) != OK)
        return FAIL(E_INVALID, "The nextToken is none of this listing");
    return OK;
}

static void put_link(struct call *c, struct items *links, const struct report_part *part) {
    AUTO(buf) link = {0};
    buf_printf(&link, "http://%.*s", BYTES_ARG(c->host));
    bulk_report_link(c->config->bulk, part, c->now_ms, &link);
    add_text(links, arena_copy(c->arena, buf_bytes(&link)));
}

status list_task_reports(struct call *c) {
    struct registration_task task;
    struct page page = call_page(c);
    enum report_type type;
    uint64_t first;
    TRY(require_bulk(c));
    TRY(report_type_parse(get_text(c->in, M_REPORT_TYPE), &type));
    TRY(first_part(c, &page, &first));
    TRY(registration_task_load(&c->registry, get_text(c->in, M_TASK_ID), &task));
    uint64_t rows = type == REPORT_ERRORS ? task.error_rows : task.result_rows;
    uint64_t parts = (rows + REPORT_PART_ROWS - 1) / REPORT_PART_ROWS;
    uint64_t limit = first + (page.limit ? page.limit : PAGE_LIMIT_DEFAULT);
    struct items *links = put_list(c->out, M_RESOURCE_LINKS);
    for (uint64_t i = first; i < parts && i < limit; i++)
        put_link(c, links, &(struct report_part){c->registry.account, task.id, type, i});
    put_string(c->out, M_REPORT_TYPE, report_type_name(type));
    if (limit < parts)
        put_string(c->out, M_NEXT_TOKEN, arena_printf(c->arena, "%llu", (unsigned long long)limit));
    return OK;
}
