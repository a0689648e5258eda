#pragma once

#include "pgo/json/value.h"
#include "pgo/kube/client.h"
#include "pgo/kube/object.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What a plan asks for. Every action but a command is safe to do twice.
namespace pgo::plan {

/// Create the object unless it is there. "Already there" is done when it belongs to the same
/// cluster, or with `adopt` to none.
struct Ensure {
  kube::ResourceType type;
  kube::Object object;
  bool adopt = false;
};

/// What the executor draws for a secret; a plan cannot, being pure.
enum class Generated {
  nothing,
  password,  ///< `password` of a credential secret
  pool,      ///< the same of pgBouncer's, and its `users.txt`
  repo_key,  ///< id_rsa, ssh_host_rsa_key and authorized_keys of the repository secret
};

/// Create a secret whose values are drawn by the executor, unless it is there.
struct EnsureSecret {
  kube::Object object;  ///< complete but for the generated values
  Generated generated = Generated::password;
  /// A secret of the same namespace whose data is copied first, or empty. A plan knows no values.
  std::string copy_of = {};
};

/// Change an object. With `version`, only if it is still at that resourceVersion (409 otherwise).
struct Patch {
  kube::ResourceType type;
  std::string ns, name;
  json::Value body;  ///< JSON merge patch (RFC 7396)
  std::string version = {};
};

/// Delete this very object: without a UID nothing is ever deleted.
struct Delete {
  kube::ResourceType type;
  std::string ns, name, uid;
  std::string propagation = "Background";
};

/// Start a command in a container. Nobody waits for it: it runs beside the plans, which see in
/// their view how it stands (`ExecState`). One of this id that runs already goes on, one that has
/// ended is run again; one that a plan neither asks for nor keeps is cancelled.
struct Exec {
  std::string id;  ///< unique in the cluster
  std::string ns, pod, container;
  std::vector<std::string> command;
  std::string input = {};
  std::string input_url = {};  ///< when set, the input is fetched from here first
  /// When set, the input is what this Secret of the namespace has under `input_key`: a plan, which
  /// knows no values, cannot write it.
  std::string input_secret = {}, input_key = {};
  std::chrono::milliseconds timeout{60'000};
};

/// Tell the world. `type` and the payload keys are 4.2.0's ("CreateCluster", "clustername").
struct Event {
  std::string type;
  std::vector<std::string> topics;
  std::string user = {};
  std::vector<std::pair<std::string, std::string>> payload;
  bool warning = false;
};

struct Action {
  std::variant<Ensure, EnsureSecret, Patch, Delete, Exec, Event> what;
  std::string_view reason;  ///< why, a literal: "the cluster needs a data volume"

  /// "create Deployment ns/hippo: the primary". Never contains a secret.
  std::string text() const;
};

}  // namespace pgo::plan
