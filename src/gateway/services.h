/* Device services on reserved topics: shadows, jobs, fleet provisioning and the rest [AWS
 * device-gateway 8].
 *
 * None is there yet. A request to one is answered as that service refuses, on its `rejected` topic,
 * so that a device does not wait in vain; and a reason is kept. */
#pragma once
#include "gateway/mqtt.h"

/* services_answer looks at a message just published to a topic that begins with '$'. */
void services_answer(struct mqtt_client *m, const struct mqtt_publish *p);
