/* kedge env: the environment in which the unmodified AWS tools reach this server. */
#include <stdio.h>
#include <string.h>

#include "account/account.h"
#include "cli/cli.h"
#include "gateway/running.h"

/* Values hold no quotes: host names, numbers, keys; a file name may, and is quoted for the shell.
 */
static void put(const char *name, const char *value) {
    (void)printf("export %s='", name);
    for (const char *c = value; *c; c++)
        (void)(*c == '\'' ? printf("'\\''") : putchar(*c));
    (void)printf("'\n");
}

static void put_port(const char *name, uint16_t port) {
    if (port)
        (void)printf("export %s='%u'\n", name, port);
    else
        (void)printf("unset %s\n", name);
}

/* aws before 1.29 and 2.13 knows no AWS_ENDPOINT_URL; a function of that name adds the option. */
static void put_function(void) {
    (void)printf("if command -v aws >/dev/null 2>&1; then\n"
                 "  case \"$(command aws --version 2>&1)\" in\n"
                 "    "
                 "aws-cli/1.[0-9].*|aws-cli/1.1[0-9].*|aws-cli/1.2[0-8].*|aws-cli/"
                 "2.[0-9].*|aws-cli/2.1[0-2].*)\n"
                 "      aws() { command aws --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"; } ;;\n"
                 "    *) unset -f aws 2>/dev/null || true ;;\n"
                 "  esac\n"
                 "fi\n");
}

static status print_env(const struct arguments *a, struct store *store) {
    AUTO(arena) memory = {0};
    struct running r;
    struct account account;
    struct access_key key;
    struct txn *t;
    char url[300];
    TRY(running_read(a->data, &memory, &r));
    TRY(load_account(store, a->account, &account));
    TRY(store_begin_read(store, &t));
    status s = access_key_load_first(t, bytes_from(account.id), &key);
    store_rollback(t);
    TRY(s);
    (void)snprintf(url, sizeof url, "http://%s:%u", r.host ? r.host : "127.0.0.1",
                   r.ports[ENTRANCE_API]);
    put("AWS_ENDPOINT_URL", url);
    put("AWS_ACCESS_KEY_ID", key.id);
    put("AWS_SECRET_ACCESS_KEY", key.secret);
    put("AWS_DEFAULT_REGION", r.region);
    put("AWS_REGION", r.region);
    put_port("KEDGE_MQTTS_PORT", r.ports[ENTRANCE_MQTTS]);
    put_port("KEDGE_HTTPS_PORT", r.ports[ENTRANCE_HTTPS]);
    put_port("KEDGE_MQTT_PORT", r.ports[ENTRANCE_MQTT]);
    put("KEDGE_CA_FILE", r.ca_file);
    put("KEDGE_LEGACY_CA_FILE", r.legacy_ca_file);
    (void)printf("unset AWS_SESSION_TOKEN AWS_PROFILE\n");
    put_function();
    access_key_done(&key);
    return OK;
}

int command_env(int count, char **words) {
    int exit_status = ask_store("env", count, words, NULL, print_env);
    if (exit_status != 0)
        (void)printf("false # kedge env failed\n"); /* what eval "$(kedge env)" ends with */
    return exit_status;
}
