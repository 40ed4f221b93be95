/* Spare signature verifiers: each is for one thread at a time, and workers come and go. */
#pragma once
#include "identity/sigv4.h"

struct signers;

struct signers *signers_new(void);
void signers_free(struct signers *s); /* NULL does nothing */
/* signers_take hands out a spare one, or a new one; any thread. */
struct sigv4_signer *signers_take(struct signers *s);
void signers_return(struct signers *s, struct sigv4_signer *signer);
