/* The functions of the language, as a table [AWS rules 4]. For this folder. */
#pragma once
#include "sql/sql.h"

/* What a function sees: its arguments evaluated, of a number that its row allows. */
struct sql_call {
    struct sql_evaluation *evaluation;
    struct sql_value *arguments;
    size_t count;
    uint64_t whole; /* bit i: argument i was a bare * */
};

enum { SQL_ARGUMENTS_MAX = 64 };

struct sql_function {
    const char *name;    /* in lower case */
    uint8_t least, most; /* arguments; with others it is Undefined */
    struct sql_value (*call)(struct sql_call *c);
};

/* sql_function_find finds it whatever its letters' case, or gives NULL. */
const struct sql_function *sql_function_find(bytes name);

/* The rows, by the file that holds the functions. */
#define SQL_FUNCTIONS_NUMBER(X) \
    X("abs", 1, 1, abs_)        \
    X("acos", 1, 1, acos_)      \
    X("asin", 1, 1, asin_)      \
    X("atan", 1, 1, atan_)      \
    X("atan2", 2, 2, atan2_)    \
    X("bitand", 2, 2, bitand_)  \
    X("bitnot", 1, 1, bitnot_)  \
    X("bitor", 2, 2, bitor_)    \
    X("bitxor", 2, 2, bitxor_)  \
    X("ceil", 1, 1, ceil_)      \
    X("cos", 1, 1, cos_)        \
    X("cosh", 1, 1, cosh_)      \
    X("exp", 1, 1, exp_)        \
    X("floor", 1, 1, floor_)    \
    X("ln", 1, 1, ln_)          \
    X("log", 1, 1, log_)        \
    X("mod", 2, 2, mod_)        \
    X("power", 2, 2, power_)    \
    X("rand", 0, 0, rand_)      \
    X("remainder", 2, 2, mod_)  \
    X("round", 1, 1, round_)    \
    X("sign", 1, 1, sign_)      \
    X("sin", 1, 1, sin_)        \
    X("sinh", 1, 1, sinh_)      \
    X("sqrt", 1, 1, sqrt_)      \
    X("tan", 1, 1, tan_)        \
    X("tanh", 1, 1, tanh_)      \
    X("trunc", 2, 2, trunc_)

#define SQL_FUNCTIONS_TEXT(X)                  \
    X("chr", 1, 1, chr_)                       \
    X("concat", 0, SQL_ARGUMENTS_MAX, concat_) \
    X("decode", 2, 2, decode_)                 \
    X("encode", 2, 2, encode_)                 \
    X("endswith", 2, 2, endswith_)             \
    X("indexof", 2, 2, indexof_)               \
    X("length", 1, 1, length_)                 \
    X("lower", 1, 1, lower_)                   \
    X("lpad", 2, 2, lpad_)                     \
    X("ltrim", 1, 1, ltrim_)                   \
    X("md2", 1, 1, md2_)                       \
    X("md5", 1, 1, md5_)                       \
    X("numbytes", 1, 1, numbytes_)             \
    X("regexp_matches", 2, 2, regexp_matches_) \
    X("regexp_replace", 3, 3, regexp_replace_) \
    X("regexp_substr", 2, 2, regexp_substr_)   \
    X("replace", 3, 3, replace_)               \
    X("rpad", 2, 2, rpad_)                     \
    X("rtrim", 1, 1, rtrim_)                   \
    X("sha1", 1, 1, sha1_)                     \
    X("sha224", 1, 1, sha224_)                 \
    X("sha256", 1, 1, sha256_)                 \
    X("sha384", 1, 1, sha384_)                 \
    X("sha512", 1, 1, sha512_)                 \
    X("startswith", 2, 2, startswith_)         \
    X("substring", 2, 3, substring_)           \
    X("trim", 1, 1, trim_)                     \
    X("upper", 1, 1, upper_)

#define SQL_FUNCTIONS_OTHER(X)                           \
    X("accountid", 0, 0, accountid_)                     \
    X("clientid", 0, 0, clientid_)                       \
    X("get", 2, 2, get_)                                 \
    X("get_mqtt_property", 1, 1, get_mqtt_property_)     \
    X("get_or_default", 2, 2, nanvl_)                    \
    X("get_user_properties", 0, 1, get_user_properties_) \
    X("isnull", 1, 1, isnull_)                           \
    X("isundefined", 1, 1, isundefined_)                 \
    X("nanvl", 2, 2, nanvl_)                             \
    X("newuuid", 0, 0, newuuid_)                         \
    X("parse_time", 2, 3, parse_time_)                   \
    X("principal", 0, 0, principal_)                     \
    X("sourceip", 0, 0, sourceip_)                       \
    X("sql_version", 0, 0, sql_version_)                 \
    X("time_to_epoch", 2, 2, time_to_epoch_)             \
    X("timestamp", 0, 0, timestamp_)                     \
    X("topic", 0, 1, topic_)                             \
    X("traceid", 0, 0, traceid_)                         \
    X("transform", 3, 3, transform_)

/* Those that ask others, through `struct sql_outside`. */
#define SQL_FUNCTIONS_OUTSIDE(X)           \
    X("aws_lambda", 2, 2, aws_lambda_)     \
    X("get_dynamodb", 4, 6, get_dynamodb_) \
    X("get_registry_data", 3, 3, get_registry_data_)

/* The one of them that error actions may have. */
#define SQL_FUNCTIONS_SECRET(X) X("get_secret", 3, 4, get_secret_)

/* Each file gives its tables, ended by a row without a name. */
extern const struct sql_function sql_functions_number[], sql_functions_text[],
    sql_functions_other[], sql_functions_outside[], sql_functions_secret[];

/* decode(v, 'proto', bucket, key, file, type), which asks for the object that has the types. */
extern const struct sql_function sql_function_decode_proto;

/* sql_function_asks_others: it is one of SQL_FUNCTIONS_OUTSIDE, or the one above. */
bool sql_function_asks_others(const struct sql_function *f);
/* sql_function_absence tells why a function that AWS has is not here; NULL for other names. */
const char *sql_function_absence(bytes name);

/* The text of an argument, or false. A function looks at all of it: that counts. */
bool sql_argument_text(struct sql_call *c, size_t i, bytes *out);
