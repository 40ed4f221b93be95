/* Newcomers: devices that admission does not know, or that wait to be activated. What is done about
 * them (provisioning/first_connect.h) may write, so it is a job for the writers' crew, which share
 * their commits; devices that are known never wait behind it. */
#pragma once
#include "gateway/admission.h"

/* newcomer_start takes over an admission whose certificate is not registered or not activated yet,
 * on its loop; whoever asked is told when all is durable. False when too much waits already: the
 * admission is as before. */
NODISCARD
bool newcomer_start(struct admission *a);
