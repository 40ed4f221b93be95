#include "ledger/export.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/json.h"
#include "ledger/csv.h"
#include "registry/certificate.h"
#include "registry/policy.h"
#include "registry/thing.h"
#include "registry/thing_group.h"

static const char *const forms[] = {
    [EXPORT_CSV] = "csv", [EXPORT_FOLDER] = "folder", [EXPORT_BUNDLE] = "bundle"};

status export_form_parse(const char *text, enum export_form *out_form) {
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (strcmp(text, forms[i]) == 0) {
            *out_form = (enum export_form)i;
            return OK;
        }
    return FAIL(E_INVALID, "the format is csv, folder or bundle, not '%.40s'", text);
}

enum export_form export_form_of(const char *path) {
    if (bytes_end_with(bytes_from(path), BYTES(".csv")))
        return EXPORT_CSV;
    return bytes_end_with(bytes_from(path), BYTES(".pem")) ? EXPORT_BUNDLE : EXPORT_FOLDER;
}

struct export {
    const char *path;
    FILE *file; /* NULL: a folder */
};

static status cannot_write(const char *path) {
    return FAIL(E_UNAVAILABLE, "%s cannot be written: %s", path, strerror(errno));
}

static status put(const struct export *e, bytes text) {
    return fwrite(text.ptr, 1, text.len, e->file) == text.len ? OK : cannot_write(e->path);
}

/* ---- PEM ---- */

static status put_block(const struct export *e, const struct registry *r,
                        const struct certificate_record *c) {
    TRY(put(e, c->pem));
    bool ended = c->pem.len > 0 && c->pem.ptr[c->pem.len - 1] == '\n';
    return ended ? OK : put(e, BYTES("\n"));
}

static status put_file(const struct export *e, const struct registry *r,
                       const struct certificate_record *c) {
    return file_write(arena_printf(r->arena, "%s/%.*s.pem", e->path, BYTES_ARG(c->id)), c->pem,
                      0644);
}

/* ---- CSV ---- */

static const char header[] = "certificateId,status,certificateMode,caCertificateId,policies,"
                             "thingName,thingType,attributes,groups,certificatePem\n";

static void append_attributes(struct buf *out, const struct thing_record *thing) {
    AUTO(buf) text = {0};
    struct json_writer w;
    if (thing->attribute_count == 0)
        return;
    json_start(&w, &text);
    json_object_begin(&w);
    for (size_t i = 0; i < thing->attribute_count; i++) {
        json_name_bytes(&w, thing->attributes[i].name);
        json_string(&w, thing->attributes[i].value);
    }
    json_object_end(&w);
    csv_append(out, buf_bytes(&text));
}

static void append_names(struct buf *out, const struct name_list *names) {
    for (size_t i = 0; i < names->count; i++) {
        if (i)
            buf_append_byte(out, '|');
        buf_append(out, names->items[i]);
    }
}

static status append_policies(const struct registry *r, bytes arn, struct buf *out) {
    struct policy_list list;
    TRY(policy_list_attached(r, arn, &(struct page){.limit = PAGE_LIMIT_MAX}, &list));
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            buf_append_byte(out, '|');
        buf_append(out, list.items[i].name);
    }
    return OK;
}

/* thingName, thingType, attributes, groups; no bytes: none. */
static status append_thing(const struct registry *r, bytes name, struct buf *out) {
    struct thing_record thing;
    struct name_list groups;
    if (name.len == 0) {
        buf_text(out, ",,,");
        return OK;
    }
    TRY(thing_load(r, name, &thing));
    TRY(thing_list_groups(r, name, &(struct page){.limit = PAGE_LIMIT_MAX}, &groups));
    csv_append(out, thing.name);
    buf_append_byte(out, ',');
    csv_append(out, thing.type_name);
    buf_append_byte(out, ',');
    append_attributes(out, &thing);
    buf_append_byte(out, ',');
    append_names(out, &groups);
    return OK;
}

static status put_record(const struct export *e, const struct registry *r,
                         const struct certificate_record *c, bytes thing) {
    AUTO(buf) line = {0};
    buf_printf(&line, "%.*s,%s,%s,%.*s,", BYTES_ARG(c->id), certificate_status_name(c->status),
               certificate_mode_name(c->mode), BYTES_ARG(c->ca_certificate_id));
    TRY(append_policies(r, certificate_arn(r, c->id), &line));
    buf_append_byte(&line, ',');
    TRY(append_thing(r, thing, &line));
    buf_append_byte(&line, ',');
    csv_append(&line, c->pem);
    buf_append_byte(&line, '\n');
    return put(e, buf_bytes(&line));
}

static status put_records(const struct export *e, const struct registry *r,
                          const struct certificate_record *c) {
    struct thing_principal_list things;
    struct page page = {.limit = PAGE_LIMIT_MAX};
    do {
        TRY(principal_list_things(r, certificate_arn(r, c->id), NULL, &page, &things));
        for (size_t i = 0; i < things.count; i++)
            TRY(put_record(e, r, c, things.items[i].name));
        if (things.count == 0 && page.token.len == 0)
            TRY(put_record(e, r, c, (bytes){0}));
        page.token = things.next;
    } while (page.token.len > 0);
    return OK;
}

/* ---- all ---- */

typedef status put_function(const struct export *e, const struct registry *r,
                            const struct certificate_record *c);
static put_function *const puts_of[] = {
    [EXPORT_CSV] = put_records, [EXPORT_FOLDER] = put_file, [EXPORT_BUNDLE] = put_block};

static status put_certificate(const struct export *e, enum export_form form,
                              const struct registry *r, bytes id) {
    AUTO(arena) memory = {0};
    struct registry own = {r->txn, &memory, r->account, r->region};
    struct certificate_record c;
    TRY(certificate_load(&own, id, &c));
    return puts_of[form](e, &own, &c);
}

/* Pages of the listing, each with memory of its own; the token outlives it. */
static status put_all(const struct export *e, enum export_form form, const struct registry *r,
                      void (*progress)(uint64_t count), uint64_t *out_count) {
    AUTO(buf) token = {0};
    *out_count = 0;
    do {
        AUTO(arena) memory = {0};
        struct registry own = {r->txn, &memory, r->account, r->region};
        struct page page = {PAGE_LIMIT_MAX, buf_bytes(&token), .ascending = true};
        struct certificate_list list;
        TRY(certificate_list(&own, &page, &list));
        for (size_t i = 0; i < list.count; i++)
            TRY(put_certificate(e, form, r, list.items[i].id));
        *out_count += list.count;
        buf_clear(&token);
        buf_append(&token, list.next);
        if (progress)
            progress(*out_count);
    } while (token.len > 0);
    return OK;
}

/* Into a file beside it, which takes its place when it is whole. It holds no secret. */
static status write_file(const struct registry *r, enum export_form form, const char *path,
                         void (*progress)(uint64_t count), uint64_t *out_count) {
    const char *fresh = arena_printf(r->arena, "%s.new", path);
    struct export e = {fresh, fopen(fresh, "we")};
    if (!e.file)
        return cannot_write(fresh);
    status s = form == EXPORT_CSV ? put(&e, bytes_from(header)) : OK;
    if (s == OK)
        s = put_all(&e, form, r, progress, out_count);
    if (s == OK && (fflush(e.file) != 0 || fsync(fileno(e.file)) != 0))
        s = cannot_write(fresh);
    (void)fclose(e.file);
    if (s == OK && rename(fresh, path) != 0)
        s = cannot_write(path);
    if (s != OK)
        (void)unlink(fresh);
    return s;
}

status export_run(const struct registry *r, enum export_form form, const char *path,
                  void (*progress)(uint64_t count), uint64_t *out_count) {
    if (form != EXPORT_FOLDER)
        return write_file(r, form, path, progress, out_count);
    const struct export e = {path, NULL};
    TRY(folder_make(path));
    return put_all(&e, form, r, progress, out_count);
}
