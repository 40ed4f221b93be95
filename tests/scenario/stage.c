#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/reasons.h"
#include "play.h"

/* ---- the server ---- */

void stage_open(struct play *p) {
    gateway_fixture_open(&p->stage, p->seed);
    p->sim = p->stage.sim;
}

void stage_start(struct play *p) {
    if (!p->running)
        gateway_fixture_start(&p->stage, p->loops);
    p->running = true;
}

void stage_close(struct play *p) {
    clients_done(p);
    gateway_fixture_close(&p->stage);
    arena_done(&p->memory);
}

void stage_settle(struct play *p) {
    do
        sim_run_until_idle(p->sim);
    while (clients_read(p));
}

static void set_server(struct play *p, const struct words *w) {
    const char *profile = words_value(w, "profile");
    if (words_have(w, "drains") || (w->count == 2 && strcmp(w->list[1], "drains") == 0)) {
        gateway_fixture_drain(&p->stage);
        stage_settle(p);
        return;
    }
    if (p->running)
        fail(p, "the server runs already");
    p->stage.settings.profile =
        profile && strcmp(profile, "standard") == 0 ? PROFILE_STANDARD : PROFILE_AWS;
    p->stage.settings.mqtt_policy = words_value(w, "policy");
    sim_set_window(p->sim, words_number(w, "window", 65536));
}

/* ---- policies ---- */

static const char *resource_of(const char *action) {
    if (strcmp(action, "Connect") == 0)
        return "client/";
    return strcmp(action, "Subscribe") == 0 ? "topicfilter/" : "topic/";
}

/* "allows Publish:a/b denies Receive:c Publish:d", one statement for each. */
static void compose_policy(struct play *p, const struct words *w, struct buf *out) {
    const char *effect = NULL, *comma = "";
    buf_text(out, "{\"Version\":\"2012-10-17\",\"Statement\":[");
    for (size_t i = 2; i < w->count; i++) {
        char *word = w->list[i], *colon = strchr(word, ':');
        if (strcmp(word, "allows") == 0 || strcmp(word, "denies") == 0) {
            effect = word[0] == 'a' ? "Allow" : "Deny";
            continue;
        }
        if (!effect || !colon)
            fail(p, "say: policy NAME allows ACTION:RESOURCE … denies ACTION:RESOURCE …");
        *colon = 0;
        buf_printf(out, "%s{\"Effect\":\"%s\",\"Action\":\"iot:%s\",\"Resource\":\"%s%s%s\"}",
                   comma, effect, word, TEST_ARN(""), resource_of(word), colon + 1);
        comma = ",";
    }
    buf_text(out, "]}");
}

/* "policy NAME = {JSON}", "policy NAME allows … denies …", "policy NAME is deleted" */
static void set_policy(struct play *p, const struct words *w, const char *line) {
    AUTO(buf) document = {0};
    struct store *store = p->stage.server.store;
    if (w->count < 3)
        fail(p, "a policy is = {JSON}, allows …, denies …, or is deleted");
    bytes name = bytes_from(w->list[1]);
    if (strcmp(w->list[2], "=") == 0)
        buf_append(&document, bytes_trim(bytes_from(strchr(line, '=') + 1)));
    else if (strcmp(w->list[2], "is") != 0)
        compose_policy(p, w, &document);
    if (document.len > 0)
        must(p, test_policy_save(store, name, buf_bytes(&document)));
    else
        must(p, test_policy_delete(store, name));
    if (p->running && !p->at_once)
        stage_settle(p);
}

/* ---- what is kept for kedge why ---- */

/* "why ID nothing", or "why ID "a part of the last sentence"" */
static void ask_why(struct play *p, const struct words *w) {
    AUTO(buf) text = {0};
    size_t count;
    if (w->count < 3)
        fail(p, "say: why ID \"a part of the sentence\"");
    sim_pass(p->sim, 1000); /* reasons are kept a few times a second */
    stage_settle(p);
    const char *id = w->list[1] + (w->list[1][0] == '"');
    must(p, reasons_print(p->stage.server.store, bytes_from(id), (bytes){0}, &text, &count));
    const char *part = w->list[2][0] == '"' ? w->list[2] + 1 : NULL, *last = buf_string(&text),
               *next = last;
    while ((next = strstr(next, "\n20")))
        last = ++next;
    if (part ? !strstr(last, part) : count > 0)
        fail(p, "%s is told \"%.*s\"", id, (int)strcspn(last, "\n"), last);
}

/* ---- lines ---- */

static bool pass_time(struct play *p, const struct words *w) {
    char *unit;
    unsigned long n = strtoul(w->list[0], &unit, 10);
    if (w->count != 2 || strcmp(w->list[1], "pass") != 0 || unit == w->list[0])
        return false;
    sim_pass(p->sim, strcmp(unit, "ms") == 0 ? n : n * 1000);
    stage_settle(p);
    return true;
}

static bool is_phrase(const struct words *w, const char *first, const char *second) {
    return w->count == (second ? 2 : 1) && strcmp(w->list[0], first) == 0 &&
           (!second || strcmp(w->list[1], second) == 0);
}

bool stage_play(struct play *p, const struct words *w, const char *line) {
    if (is_phrase(w, "at", "once")) {
        p->at_once = true;
    } else if (is_phrase(w, "then", NULL)) {
        p->at_once = false;
        stage_settle(p);
    } else if (strcmp(w->list[0], "server") == 0) {
        set_server(p, w);
    } else if (strcmp(w->list[0], "policy") == 0) {
        set_policy(p, w, line);
    } else if (strcmp(w->list[0], "why") == 0) {
        ask_why(p, w);
    } else {
        return pass_time(p, w);
    }
    return true;
}
