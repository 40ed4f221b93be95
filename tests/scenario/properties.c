/* Properties of MQTT 5 as words: message_expiry_interval=10, user_property=name:value. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

static bool is_called(const char *property, const char *name, size_t len) {
    if (strlen(property) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (tolower((unsigned char)property[i]) != name[i])
            return false;
    return true;
}

/* The property a word NAME=… begins with; 0 when it is none. */
static enum mqtt_property_id id_of(const char *word) {
    size_t len = strcspn(word, "=");
    for (uint32_t id = 1; word[len] && id <= MQTT_PROPERTY_ID_MAX; id++) {
        const struct mqtt_property_info *info = mqtt_property_info(id);
        if (info->kind != MQTT_KIND_NONE && is_called(info->name, word, len))
            return (enum mqtt_property_id)id;
    }
    return (enum mqtt_property_id)0;
}

static bool is_number(enum mqtt_property_kind kind) {
    return kind == MQTT_KIND_BYTE || kind == MQTT_KIND_U16 || kind == MQTT_KIND_U32 ||
           kind == MQTT_KIND_VARIABLE;
}

static void append(struct buf *out, enum mqtt_property_id id, const char *value) {
    enum mqtt_property_kind kind = mqtt_property_info(id)->kind;
    size_t colon = strcspn(value, ":");
    if (is_number(kind))
        mqtt_property_append_number(out, id, (uint32_t)strtoul(value, NULL, 0));
    else if (kind == MQTT_KIND_PAIR)
        mqtt_property_append_user(out, bytes_of(value, colon),
                                  bytes_from(value[colon] ? value + colon + 1 : ""));
    else
        mqtt_property_append_bytes(out, id, bytes_from(value));
}

void properties_from(struct play *p, const struct words *w, const char *prefix, struct buf *out) {
    size_t skip = strlen(prefix);
    UNUSED(p);
    for (size_t i = 2; i < w->count; i++) {
        const char *word = w->list[i];
        if (strncmp(word, prefix, skip) != 0 || !id_of(word + skip))
            continue;
        append(out, id_of(word + skip), word + skip + strcspn(word + skip, "=") + 1);
    }
}

static bool equals(const struct mqtt_property *one, const char *value) {
    enum mqtt_property_kind kind = mqtt_property_info(one->id)->kind;
    if (is_number(kind))
        return one->number == strtoul(value, NULL, 0);
    if (kind != MQTT_KIND_PAIR)
        return bytes_equal(one->value, bytes_from(value));
    bytes wanted = bytes_from(value), name;
    (void)bytes_split(&wanted, ':', &name);
    return bytes_equal(one->name, name) && bytes_equal(one->value, wanted);
}

/* Whether the set has it with this value; "any" takes all values, "none" wants it absent. */
static bool holds(bytes raw, enum mqtt_property_id id, const char *value) {
    struct mqtt_property one;
    while (mqtt_property_next(&raw, &one))
        if (one.id == id && (strcmp(value, "any") == 0 || equals(&one, value)))
            return true;
        else if (one.id == id && strcmp(value, "none") == 0)
            return false;
    return strcmp(value, "none") == 0;
}

void properties_check(struct play *p, const struct client *c, const struct words *w) {
    for (size_t i = 2; i < w->count; i++) {
        enum mqtt_property_id id = id_of(w->list[i]);
        if (w->list[i][0] == '"')
            continue;
        if (!id)
            fail(p, "there is no property %s", w->list[i]);
        if (!holds(c->last_properties.raw, id, strchr(w->list[i], '=') + 1))
            fail(p, "%s did not get %s", c->name, w->list[i]);
    }
}
