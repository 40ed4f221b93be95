/* What the files about certificates share. For this folder. */
#pragma once
#include "api/call.h"
#include "registry/ca_certificate.h"
#include "registry/certificate.h"

/* put_validity puts notBefore and notAfter. */
void put_validity(struct record *out, int64_t not_before_ms, int64_t not_after_ms);
/* put_key_pair puts keyPair of what issue_keys made: it is in this one answer and nowhere else. */
void put_key_pair(struct call *c);
