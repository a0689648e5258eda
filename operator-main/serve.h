#pragma once

#include "log_sink.h"

#include <string>

namespace pgo::daemon {

struct ServeArguments {
  std::string kubeconfig;  ///< empty: the pod's service account, else $KUBECONFIG, ~/.kube/config
  bool install = false;    ///< make definitions and namespaces that are missing
  LogFormat log_format = LogFormat::text;
  bool debug = false;
};

/// The operator for a Kubernetes cluster, until SIGTERM: what 4.2.0's Deployment ran as containers
/// `operator`, `apiserver` and `scheduler`. Returns the exit code: 2 when the settings are wrong or
/// Kubernetes cannot be asked for them.
int serve(const ServeArguments& arguments);

}  // namespace pgo::daemon
