/* Accounts as a running server sees them: their host names are what its certificates are for, and
 * an account that is gone takes its connections along. Accounts are made and deleted by another
 * process (kedge account), which says so by SIGHUP; all else about them is read as it is needed.
 * Used on the thread that waits for signals. */
#pragma once
#include "base/status.h"

struct server;

/* accounts_load makes the server certificates fit the accounts of the store and their domains. */
NODISCARD
status accounts_load(struct server *s);
/* accounts_have_changed tells whether another process changed them since. */
bool accounts_have_changed(struct server *s);
/* accounts_renew loads again, beside running loops: new connections see the new certificates, those
 * of deleted accounts are closed, and server.json says how far we are. A failure is logged. */
void accounts_renew(struct server *s);
void accounts_done(struct server *s); /* fine before accounts_load */
