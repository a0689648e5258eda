#pragma once

#include "pgo/base/result.h"
#include "pgo/kube/http_transport.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::kube {

/// How to look up an environment variable; none when it is not set. The library never reads the
/// environment by itself.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// Where Kubernetes is and who we are there.
struct ConnectionSettings {
  HttpTransportOptions transport{};
  std::string ns{};       ///< the default namespace; empty when the source names none
  std::string context{};  ///< the context's name, "in-cluster" for a service account
};

struct KubeconfigOptions {
  std::string context{};  ///< instead of current-context
  std::string cluster{};  ///< instead of the context's cluster
  std::string user{};     ///< instead of the context's user
};

/// Reads kubeconfig files and merges them as kubectl does: of each named entry and of
/// current-context the first file wins. Files that do not exist are left out, unless all are
/// missing (`not_found`). Relative paths inside count from the folder of their file. Errors name
/// the file and the field or line. Supported users: token, tokenFile, client certificates, basic
/// authentication; exec and auth-provider plugins are `unimplemented` so far.
/// Source: Kubernetes, "Organizing Cluster Access Using kubeconfig Files".
Result<ConnectionSettings> load_kubeconfig(const std::vector<std::filesystem::path>& files,
                                           const KubeconfigOptions& options = {});

/// The files that $KUBECONFIG lists, else $HOME/.kube/config.
std::vector<std::filesystem::path> kubeconfig_files(const Environment& environment);

/// The service account of the pod we run in: KUBERNETES_SERVICE_HOST and _PORT, and under `root`
/// var/run/secrets/kubernetes.io/serviceaccount with token (read again when it is rotated), ca.crt
/// and namespace. `failed_precondition` when this is no pod.
Result<ConnectionSettings> load_in_cluster(const Environment& environment,
                                           const std::filesystem::path& root = "/");

/// What kubectl would use: in-cluster when $KUBECONFIG is not set and we run in a pod, else the
/// kubeconfig files.
Result<ConnectionSettings> load_default(const Environment& environment,
                                        const KubeconfigOptions& options = {});

}  // namespace pgo::kube
