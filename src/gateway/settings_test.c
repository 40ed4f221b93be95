#include "gateway/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/testing.h"

static struct settings parsed;
static struct arena memory;

static status parse(const char *line) {
    char *words[32];
    int count = 0;
    for (char *word = strtok(arena_string(&memory, bytes_from(line)), " "); word;
         word = strtok(NULL, " "))
        words[count++] = word;
    return settings_parse(count, words, &memory, &parsed);
}

TEST(defaults_are_those_of_the_design) {
    CHECK_OK(parse(""));
    CHECK_TEXT(parsed.data, "./kedge-data");
    CHECK_TEXT(parsed.api, "127.0.0.1:4566");
    CHECK_TEXT(parsed.mqtts, "0.0.0.0:8883");
    CHECK_TEXT(parsed.https, "0.0.0.0:8443");
    CHECK(!parsed.mqtt && !parsed.account && parsed.profile == PROFILE_AWS && parsed.threads >= 1);
}

TEST(takes_values_in_both_forms) {
    CHECK_OK(parse("--data d --region=eu-west-1 --profile standard --threads 3 --mqtt 127.0.0.1:0 "
                   "--https off"));
    CHECK_TEXT(parsed.data, "d");
    CHECK_TEXT(parsed.region, "eu-west-1");
    CHECK_INT(parsed.profile, PROFILE_STANDARD);
    CHECK_INT(parsed.threads, 3);
    CHECK_TEXT(parsed.mqtt, "127.0.0.1:0");
    CHECK(!parsed.https);
}

TEST(says_what_is_wrong_with_an_option) {
    CHECK_FAILS(parse("--colour red"), E_INVALID, "no option --colour");
    CHECK_FAILS(parse("serve"), E_INVALID, "'serve' is no option");
    CHECK_FAILS(parse("--data"), E_INVALID, "--data takes DIR");
    CHECK_FAILS(parse("--threads 65"), E_INVALID, "1 to 64");
    CHECK_FAILS(parse("--threads many"), E_INVALID, "1 to 64");
    CHECK_FAILS(parse("--profile mild"), E_INVALID, "aws or standard");
    CHECK_FAILS(parse("--function-network all"), E_INVALID, "server or open");
    CHECK_FAILS(parse("--function-processes 0"), E_INVALID, "from 1 to 500");
    CHECK_FAILS(parse("--log-level loud"), E_INVALID, "loud");
    CHECK_FAILS(parse("--certificate a.pem"), E_INVALID, "go together");
    CHECK_FAILS(parse("--mqtt-policy p"), E_INVALID, "--mqtt");
    CHECK_FAILS(parse("--api nonsense"), E_INVALID, "--api takes ADDR:PORT");
    CHECK_FAILS(parse("--api 127.0.0.1:70000"), E_INVALID, "--api");
    CHECK_FAILS(parse("--account 12"), E_INVALID, "--account takes 12 digits");
    CHECK_FAILS(parse("--config /nonexistent"), E_INVALID, "cannot be read");
}

static const char *file_with(const char *text) {
    static char path[] = "/tmp/kedge-settings-XXXXXX";
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(fd);
    return path;
}

TEST(a_file_gives_options_and_the_command_line_wins) {
    const char *path =
        file_with("# a site\n\nregion eu-north-1\n  data   /srv/kedge  \nthreads 2\n");
    AUTO(buf) line = {0};
    buf_printf(&line, "--threads 5 --config %s", path);
    CHECK_OK(parse(buf_string(&line)));
    CHECK_TEXT(parsed.region, "eu-north-1");
    CHECK_TEXT(parsed.data, "/srv/kedge");
    CHECK_INT(parsed.threads, 5);
    (void)unlink(path);
}

TEST(a_file_is_blamed_by_line) {
    const char *path = file_with("region eu-north-1\ncolour red\n");
    AUTO(buf) line = {0};
    buf_printf(&line, "--config %s", path);
    CHECK_FAILS(parse(buf_string(&line)), E_INVALID, ":2: 'colour red'");
    (void)unlink(path);
}

TEST(the_help_names_every_option_that_is_understood) {
    AUTO(buf) help = {0};
    settings_help(&help);
    const char *text = buf_string(&help);
    CHECK(strstr(text, "--data DIR") && strstr(text, "--mqtt-policy NAME") &&
          strstr(text, "--config FILE"));
}

TEST(the_aws_profile_holds_the_published_quotas) { /* [AWS device-gateway 6] */
    const struct limits *aws = limits_of(PROFILE_AWS);
    CHECK_INT(aws->client_id_bytes_max, 128);
    CHECK_INT(aws->payload_bytes_max, 131072);
    CHECK_INT(aws->broker.subscriptions_max, 50);
    CHECK_INT(aws->filters_per_subscribe_max, 8);
    CHECK_INT(aws->broker.inflight_max, 100);
    CHECK(!aws->broker.hash_matches_parent && !aws->dollar_client_ids);
    CHECK(limits_of(PROFILE_STANDARD)->broker.hash_matches_parent);
    arena_done(&memory);
}

TEST_MAIN("gateway/settings")
