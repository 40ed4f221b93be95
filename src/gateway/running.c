#include "gateway/running.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/json.h"
#include "gateway/server.h"
#include "gateway/settings.h"

static const char *const port_names[ENTRANCE_COUNT] = {[ENTRANCE_MQTT] = "mqttPort",
                                                       [ENTRANCE_MQTTS] = "mqttsPort",
                                                       [ENTRANCE_HTTPS] = "httpsPort",
                                                       [ENTRANCE_API] = "apiPort"};

/* Where a client on this machine reaches a listener: any-address means loopback. */
static void put_host(struct json_writer *w, const char *address) {
    const char *colon = strrchr(address, ':');
    bytes host = bytes_of(address, colon ? (size_t)(colon - address) : strlen(address));
    if (bytes_equal(host, BYTES("0.0.0.0")) || host.len == 0)
        host = BYTES("127.0.0.1");
    if (bytes_equal(host, BYTES("[::]")))
        host = BYTES("[::1]");
    json_string(w, host);
}

static void put_file(struct json_writer *w, const char *name, const char *file) {
    char *whole = realpath(file, NULL);
    json_name(w, name);
    json_text(w, whole ? whole : file);
    free(whole);
}

static void compose(const struct server *s, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, "pid");
    json_i64(&w, getpid());
    json_name(&w, "region");
    json_text(&w, s->settings->region);
    if (s->settings->api) {
        json_name(&w, "host");
        put_host(&w, s->settings->api);
    }
    for (int e = 0; e < ENTRANCE_COUNT; e++) {
        json_name(&w, port_names[e]);
        json_i64(&w, s->ports[e]);
    }
    put_file(&w, "caFile", authority_root_file(s->authority, TLS_ATS));
    put_file(&w, "legacyCaFile", authority_root_file(s->authority, TLS_LEGACY));
    json_name(&w, "accounts");
    json_i64(&w, (int64_t)s->accounts_generation);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

static void path_of(const char *directory, const char *name, char out[PATH_MAX]) {
    (void)snprintf(out, PATH_MAX, "%s/%s", directory, name);
}

status running_write(const struct server *s) {
    char path[PATH_MAX], fresh[PATH_MAX];
    AUTO(buf) text = {0};
    compose(s, &text);
    path_of(s->settings->data, "server.json", path);
    path_of(s->settings->data, "server.json.new", fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return FAIL(E_UNAVAILABLE, "%s cannot be written: %s", fresh, strerror(errno));
    ssize_t n = write(fd, text.ptr, text.len);
    (void)close(fd);
    if (n != (ssize_t)text.len || rename(fresh, path) != 0)
        return FAIL(E_UNAVAILABLE, "%s cannot be written: %s", path, strerror(errno));
    return OK;
}

void running_remove(const char *directory) {
    char path[PATH_MAX];
    path_of(directory, "server.json", path);
    (void)unlink(path);
}

static status not_running(const char *directory) {
    return FAIL(E_UNAVAILABLE, "no server is ready on %s; start one with: kedge serve --data %s",
                directory, directory);
}

static const char *text_of(struct arena *memory, const struct json *root, const char *name) {
    const struct json *v = json_member(root, bytes_from(name));
    return json_is_string(v) ? arena_string(memory, v->text) : NULL;
}

static int64_t number_of(const struct json *root, const char *name) {
    int64_t value = 0;
    const struct json *v = json_member(root, bytes_from(name));
    return v && json_to_i64(v, &value) == OK ? value : 0;
}

status running_read(const char *directory, struct arena *memory, struct running *out) {
    char path[PATH_MAX];
    path_of(directory, "server.json", path);
    FILE *f = fopen(path, "re");
    if (!f)
        return not_running(directory);
    char *text = arena_alloc(memory, 8192);
    size_t n = fread(text, 1, 8192, f);
    (void)fclose(f);
    const struct json *root;
    TRY(json_parse(memory, bytes_of(text, n), &root));
    struct running r = {.pid = number_of(root, "pid"),
                        .region = text_of(memory, root, "region"),
                        .host = text_of(memory, root, "host"),
                        .ca_file = text_of(memory, root, "caFile"),
                        .legacy_ca_file = text_of(memory, root, "legacyCaFile"),
                        .accounts = (uint64_t)number_of(root, "accounts")};
    for (int e = 0; e < ENTRANCE_COUNT; e++)
        r.ports[e] = (uint16_t)number_of(root, port_names[e]);
    if (r.pid <= 0 || store_directory_holder(directory) != r.pid)
        return not_running(directory); /* it was killed and could not clean up */
    *out = r;
    return OK;
}
