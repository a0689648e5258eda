#pragma once

#include "pgo/base/result.h"
#include "pgo/kube/kubeconfig.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pgo::daemon {

/// What the containers of 4.2.0's Deployment are told by their environment.
struct ServeSettings {
  std::string operator_namespace;                     ///< PGO_OPERATOR_NAMESPACE
  std::string installation;                           ///< PGO_INSTALLATION_NAME
  std::vector<std::string> namespaces;                ///< NAMESPACE, separated by commas
  std::string pod;                                    ///< MY_POD_NAME, else HOSTNAME
  std::uint16_t port = 8443;                          ///< PORT
  bool tls = true;                                    ///< not DISABLE_TLS
  bool os_trust = true;                               ///< ADD_OS_TRUSTSTORE
  std::string client_trust_file;                      ///< TLS_CA_TRUST
  std::vector<std::string> noauth_routes{"/health"};  ///< NOAUTH_ROUTES
  bool debug = false;                                 ///< CRUNCHY_DEBUG
  std::map<std::string, std::string> images;          ///< CCP_IMAGE_*, PGO_IMAGE_*
};

/// `invalid_argument` names the variable: a required one that is missing, or a value that is none.
Result<ServeSettings> read_settings(const kube::Environment& environment);

}  // namespace pgo::daemon
