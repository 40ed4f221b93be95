/* Fleet provisioning over MQTT: requests and answers of provisioning/fleet.h as they travel
 * [AWS identity 8.1]. Service functions: on workers. */
#pragma once
#include "gateway/services.h"

service_function fleet_create;           /* $aws/certificates/create/FORMAT */
service_function fleet_create_from_csr;  /* $aws/certificates/create-from-csr/FORMAT */
service_function fleet_provision_device; /* $aws/provisioning-templates/NAME/provision/FORMAT */
