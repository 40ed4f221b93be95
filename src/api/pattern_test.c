#include "api/pattern.h"

#include <pthread.h>

#include "api/generated/iam.h"
#include "api/generated/iot.h"
#include "api/generated/lambda.h"
#include "api/generated/sts.h"
#include "support/testing.h"

static const struct model *m = &model_iot;

static bool fits(const char *pattern, bytes value) {
    struct patterns *p = patterns_new(m);
    for (uint16_t i = 1; i < m->pattern_count; i++)
        if (bytes_equal(model_text(m, m->patterns[i]), bytes_from(pattern))) {
            bool yes = pattern_fits(p, i, value);
            patterns_free(p);
            return yes;
        }
    patterns_free(p);
    fail_msg("the model has no pattern %s", pattern);
    return false;
}

static void compile_all(const struct model *model) {
    struct patterns *p = patterns_new(model);
    for (uint16_t i = 0; i < model->pattern_count; i++)
        (void)pattern_fits(p, i, BYTES("x"));
    patterns_free(p);
}

TEST(every_pattern_of_the_models_compiles) {
    compile_all(&model_iot);
    compile_all(&model_lambda);
    compile_all(&model_iam);
    compile_all(&model_sts);
    patterns_free(NULL);
}

TEST(characters_may_be_written_by_their_number) {
    struct patterns *p = patterns_new(&model_iam);
    size_t held = 0;
    for (uint16_t i = 1; i < model_iam.pattern_count; i++)
        if (bytes_equal(model_text(&model_iam, model_iam.patterns[i]),
                        BYTES("(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"))) {
            CHECK(pattern_fits(p, i, BYTES("/")) && pattern_fits(p, i, BYTES("/a/b/")));
            CHECK(!pattern_fits(p, i, BYTES("a")) && !pattern_fits(p, i, BYTES("/a b/")));
            held++;
        }
    CHECK_INT(held, 1);
    patterns_free(p);
}

TEST(a_pattern_holds_for_the_whole_value) {
    CHECK(fits("[a-zA-Z0-9:_-]+", BYTES("lamp:1")));
    CHECK(!fits("[a-zA-Z0-9:_-]+", BYTES("lamp 1")));
    CHECK(!fits("[a-zA-Z0-9:_-]+", BYTES("lamp\n")));
    CHECK(!fits("[a-zA-Z0-9:_-]+", BYTES("")));
    CHECK(!fits("^[a-zA-Z0-9_]+$", BYTES("rule\n")));
    CHECK(fits("[\\w+=,.@-]+", BYTES("PubSub+To=Any,Topic.@-")));
    CHECK(!fits("[\\w+=,.@-]+", BYTES("\xc3\xa9")));
}

TEST(classes_of_java_are_understood) {
    CHECK(fits("[\\p{Graph}\\x20]*", BYTES("a description!")));
    CHECK(!fits("[\\p{Graph}\\x20]*", BYTES("two\nlines")));
    CHECK(fits("[\\p{Upper}\\p{Digit}_]+", BYTES("A_1")));
    CHECK(!fits("[\\p{Upper}\\p{Digit}_]+", BYTES("a")));
    CHECK(fits("^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$", BYTES("Ger\xc3\xa4t 1")));
    CHECK(!fits("[^\\p{C}]*", BYTES("\x01")));
}

static void *use(void *arg) {
    for (uint16_t i = 1; i < m->pattern_count; i++)
        (void)pattern_fits(arg, i, BYTES("lamp"));
    return NULL;
}

TEST(threads_may_compile_the_same_pattern) {
    struct patterns *p = patterns_new(m);
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK(pthread_create(&threads[i], NULL, use, p) == 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        (void)pthread_join(threads[i], NULL);
    patterns_free(p);
}

TEST_MAIN("api/pattern")
