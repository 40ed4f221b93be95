#include "runtime/fixture.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"

static status lend(void *context, bytes account, bytes role_arn, bytes session, struct arena *a,
                   struct runtime_credentials *out) {
    struct fixture *f = context;
    UNUSED(account), UNUSED(role_arn), UNUSED(a);
    pthread_mutex_lock(&f->mutex);
    f->credentials_lent++;
    int64_t end = f->credentials_expire_ms;
    bool refuse = f->refuse_credentials;
    pthread_mutex_unlock(&f->mutex);
    if (refuse)
        return FAIL(E_NOT_FOUND, "the role does not exist");
    *out = (struct runtime_credentials){BYTES("ASIATEST"), BYTES("secret"), BYTES("token"),
                                        end ? end : clock_wall_ms() + 3600 * 1000};
    assert(session.len > 0);
    return OK;
}

static void keep_lines(void *context, bytes account, bytes group, bytes stream,
                       const struct runtime_line *lines, size_t count) {
    struct fixture *f = context;
    UNUSED(account), UNUSED(group), UNUSED(stream);
    pthread_mutex_lock(&f->mutex);
    for (size_t i = 0; i < count && f->log.len < 64 * 1024 * 1024; i++) {
        buf_append(&f->log, lines[i].message);
        buf_append_byte(&f->log, '|');
    }
    pthread_mutex_unlock(&f->mutex);
}

static void keep_notice(void *context, const char *event, const char *sentence) {
    struct fixture *f = context;
    pthread_mutex_lock(&f->mutex);
    buf_printf(&f->notices, "%s: %s\n", event, sentence);
    pthread_mutex_unlock(&f->mutex);
}

void fixture_write(struct fixture *f, const char *file, const char *text, unsigned mode) {
    char path[256];
    const char *slash = strchr(file, '/');
    if (slash) {
        (void)snprintf(path, sizeof path, "%s/%.*s", f->folder, (int)(slash - file), file);
        (void)mkdir(path, 0755);
    }
    (void)snprintf(path, sizeof path, "%s/%s", f->folder, file);
    if (file_write(path, bytes_from(text), mode) != OK)
        abort();
}

void fixture_open(struct fixture *f, const char *runtime, const char *file, const char *text) {
    f->host = (struct runtime_host){.context = f,
                                    .credentials = lend,
                                    .log = keep_lines,
                                    .notice = keep_notice,
                                    .region = "us-east-1",
                                    .endpoint_url = "http://127.0.0.1:9"};
    pthread_mutex_init(&f->mutex, NULL);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/kedge-runtime-XXXXXX");
    if (!mkdtemp(f->folder) || chmod(f->folder, 0755) != 0)
        abort();
    fixture_write(f, file, text, 0755);
    if (!f->options.python && !f->options.search)
        f->options.python = "/usr/bin/python3";
    if (!f->options.program)
        f->options.program = getenv("KEDGE_CONFINE");
    if (runtimes_open(&f->host, &f->options, &f->runtimes) != OK)
        abort();
    f->code = (struct runtime_code){
        .account = BYTES("123456789012"),
        .name = BYTES("f"),
        .version = BYTES("$LATEST"),
        .function_arn = BYTES("arn:aws:lambda:us-east-1:123456789012:function:f"),
        .handler = BYTES("index.handler"),
        .runtime = bytes_from(runtime),
        .role_arn = BYTES("arn:aws:iam::123456789012:role/r"),
        .folder = f->folder,
        .revision = BYTES("1"),
        .timeout_ms = 10000,
    };
}

void fixture_close(struct fixture *f) {
    runtimes_close(f->runtimes);
    runtimes_free(f->runtimes);
    buf_done(&f->log);
    buf_done(&f->notices);
    arena_done(&f->memory);
    if (folder_remove(f->folder) != OK)
        abort();
    pthread_mutex_destroy(&f->mutex);
}

bytes fixture_call(struct fixture *f, const char *event, struct runtime_result *out) {
    struct runtime_result mine;
    struct runtime_event e = {.event = bytes_from(event), .want_log_tail = true};
    status s = runtime_invoke(f->runtimes, &f->code, &e, &f->memory, out ? out : &mine);
    if (s != OK)
        return bytes_from(arena_printf(&f->memory, "%s: %s", status_info(s)->name, failure_text()));
    return out ? out->payload : mine.payload;
}

bool fixture_logged(struct fixture *f, const char *part) {
    pthread_mutex_lock(&f->mutex);
    bool there = bytes_search(buf_bytes(&f->log), bytes_from(part)) < f->log.len;
    pthread_mutex_unlock(&f->mutex);
    return there;
}

void fixture_forget_log(struct fixture *f) {
    pthread_mutex_lock(&f->mutex);
    buf_clear(&f->log);
    pthread_mutex_unlock(&f->mutex);
}

bool fixture_has(const char *runtime) {
    AUTO(arena) a = {0};
    struct runtime_host host = {0};
    struct runtimes *r;
    const char *path;
    if (runtimes_open(&host, NULL, &r) != OK)
        return false;
    bool has = runtime_find(r, bytes_from(runtime), &a, &path) == OK;
    runtimes_free(r);
    return has;
}
