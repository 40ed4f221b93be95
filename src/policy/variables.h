/* What is known about a connection or an HTTPS request, and the policy variables and condition keys
 * that are made of it [AWS policy 5].
 *
 * The gateway fills a `struct policy_context` from what it holds; everything in it is borrowed and
 * need only live for the call it is given to. "Not known" is bytes without a pointer, so an empty
 * client identifier and none differ. Plain data: any thread. */
#pragma once
#include "base/arena.h"

/* Where the policies apply: the request's ARNs are arn:PARTITION:iot:REGION:ACCOUNT:… */
struct policy_scope {
    bytes region, account;
    bytes partition; /* none means "aws" */
};

/* The names of a certificate that policies can speak of; there is no Locality and no e-mail
 * address of the DN [AWS policy 5.1]. With the object identifier each comes from; the last five
 * are kinds of subjectAltName and issuerAltName. identity/names.h has the same in the same order,
 * so that its enum converts. */
#define POLICY_CERTIFICATE_NAMES(X)                                       \
    X(DN_QUALIFIER, "DistinguishedNameQualifier")     /* 2.5.4.46 */      \
    X(COUNTRY, "Country")                             /* 2.5.4.6 */       \
    X(ORGANIZATION, "Organization")                   /* 2.5.4.10 */      \
    X(ORGANIZATIONAL_UNIT, "OrganizationalUnit")      /* 2.5.4.11 */      \
    X(STATE, "State")                                 /* 2.5.4.8 */       \
    X(COMMON_NAME, "CommonName")                      /* 2.5.4.3 */       \
    X(SERIAL_NUMBER, "SerialNumber")                  /* 2.5.4.5 */       \
    X(TITLE, "Title")                                 /* 2.5.4.12 */      \
    X(SURNAME, "Surname")                             /* 2.5.4.4 */       \
    X(GIVEN_NAME, "GivenName")                        /* 2.5.4.42 */      \
    X(INITIALS, "Initials")                           /* 2.5.4.43 */      \
    X(PSEUDONYM, "Pseudonym")                         /* 2.5.4.65 */      \
    X(GENERATION_QUALIFIER, "GenerationQualifier")    /* 2.5.4.44 */      \
    X(ALT_EMAIL, "AlternativeName.RFC822Name")        /* rfc822Name */    \
    X(ALT_DNS, "AlternativeName.DNSName")             /* dNSName */       \
    X(ALT_DIRECTORY, "AlternativeName.DirectoryName") /* directoryName */ \
    X(ALT_URI, "AlternativeName.UniformResourceIdentifier")               \
    X(ALT_IP, "AlternativeName.IPAddress") /* as text: 192.0.2.1, 2001:db8::1 */

enum policy_certificate_name {
#define POLICY_CERTIFICATE_ENUM(name, text) POLICY_NAME_##name,
    POLICY_CERTIFICATE_NAMES(POLICY_CERTIFICATE_ENUM)
#undef POLICY_CERTIFICATE_ENUM
        POLICY_CERTIFICATE_NAME_COUNT
};

enum policy_certificate_side { POLICY_SUBJECT, POLICY_ISSUER };

/* One value, raw UTF-8: escaping is done here. Only a directory name comes as finished text with
 * lower-case keys, most specific first ("cn=…,ou=…,o=…,c=…"), its values escaped already. */
struct policy_certificate_value {
    enum policy_certificate_side side;
    enum policy_certificate_name name;
    bytes value;
};

struct policy_certificate {
    bytes id;     /* 64 hexadecimal digits */
    bytes serial; /* big-endian magnitude, as in the DER; shown to policies in decimal */
    const struct policy_certificate_value *values; /* in the certificate's order */
    size_t value_count;
};

struct policy_thing_attribute {
    bytes name, value;
};

struct policy_thing {
    bytes name;
    bytes type; /* none when it has no type */
    const struct policy_thing_attribute *attributes;
    size_t attribute_count;
};

struct policy_context {
    bytes client_id;   /* none over HTTPS */
    bytes source_ip;   /* as text */
    bytes domain_name; /* the server name (SNI); none when the client sent none */
    const struct policy_certificate *certificate; /* NULL without one */
    /* The thing named like the client identifier, or the principal's exclusive thing, when the
     * principal is attached to it; NULL otherwise and over HTTPS [AWS policy 5.2]. */
    const struct policy_thing *thing;
    const bytes *connect_attributes; /* "PersistentConnect", "LastWill" */
    size_t connect_attribute_count;
    bytes last_will_topic; /* the topic; none without a will */
};

/* What is known about one request only, by key ("iot:Topic", "iot:IncludeSocketInformation"). */
struct policy_request_value {
    bytes key; /* in any case */
    const bytes *values;
    size_t value_count;
};

struct policy_request {
    const struct policy_request_value *values;
    size_t value_count;
};

/* A condition key or the name of a variable, understood once when a policy is parsed. */
enum policy_key_kind {
    POLICY_KEY_OTHER, /* known at most to a request */
    POLICY_KEY_CLIENT_ID,
    POLICY_KEY_SOURCE_IP,
    POLICY_KEY_DOMAIN_NAME,
    POLICY_KEY_THING_NAME,
    POLICY_KEY_THING_TYPE,
    POLICY_KEY_THING_ATTRIBUTE,
    POLICY_KEY_THING_ATTACHED,
    POLICY_KEY_CERTIFICATE_ID,
    POLICY_KEY_CERTIFICATE_SERIAL,
    POLICY_KEY_CERTIFICATE_VALUE,
    POLICY_KEY_CERTIFICATE_KEYS,
    POLICY_KEY_CONNECT_ATTRIBUTES,
    POLICY_KEY_LAST_WILL_TOPIC,
};

enum { POLICY_INDEX_LIST = 0xFFFF }; /* iot:Certificate.Subject.CommonName.List */

struct policy_key {
    enum policy_key_kind kind;
    bytes text;      /* as written */
    bytes attribute; /* of a thing: what stands between [ and ] */
    enum policy_certificate_side side;
    enum policy_certificate_name name;
    uint16_t index; /* 0 for the bare name, 1 for ".1", the second value … */
};

/* policy_key_parse cannot fail: what it does not know is POLICY_KEY_OTHER. The key borrows `text`.
 */
struct policy_key policy_key_parse(bytes text);
/* A key of the connection is fixed from CONNECT on; any other belongs to single requests. */
bool policy_key_is_of_connection(const struct policy_key *key);
/* Only keys that have one value can stand in ${…} [AWS policy 5]. */
bool policy_key_is_variable(const struct policy_key *key);
bool policy_key_is_list(const struct policy_key *key);
bool policy_key_is_of_certificate(const struct policy_key *key);
/* iot:ConnectAttributes and iot:LastWillTopic are known to iot:Connect only. */
bool policy_key_is_of_connect(const struct policy_key *key);

/* What a key stands for. */
struct policy_values {
    bool defined;
    const bytes *items; /* one, or for a list any number, also none */
    size_t count;
};

/* policy_context_find gives a connection key's values, those of a certificate with their special
 * characters escaped and five at most [AWS policy 5.3]. The values borrow from the context and
 * live in `a`. `scope` makes the ARN of iot:LastWillTopic. */
struct policy_values policy_context_find(const struct policy_context *c,
                                         const struct policy_scope *scope,
                                         const struct policy_key *key, struct arena *a);
/* policy_request_find looks a request key up; NULL for `r` knows nothing. */
struct policy_values policy_request_find(const struct policy_request *r, bytes key);

/* policy_value_is_substitutable: a certificate's value longer than 1,024 characters or holding one
 * of * $ + ? # is not put in place of its variable; the text ${…} stays [AWS policy 5.3]. */
bool policy_value_is_substitutable(const struct policy_key *key, bytes value);
