#pragma once

#include "embedded/node/addresses.h"
#include "embedded/node/claim_store.h"
#include "embedded/node/event_loop.h"
#include "embedded/node/images.h"
#include "embedded/node/names.h"
#include "embedded/node/pod_fields.h"
#include "embedded/node/supervisor.h"
#include "embedded/node/volume_content.h"
#include "pgo/embedded/local_node.h"
#include "pgo/kube/client.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace pgo::embedded::node {

/// Where a container's logs lie and, while it runs, how to reach it.
struct ContainerEntry {
  ContainerId id = 0;  ///< 0 while it does not run
  bool init = false;   ///< an init container: not the one an empty name means
  Environment env;
  std::string working_dir;
  std::filesystem::path log;
  std::shared_ptr<LogRotation> log_rotation;
  std::filesystem::path previous_log;
};

/// The containers of this node for exec and log requests, which come from any thread.
class ContainerRegistry {
 public:
  /// The first container put for a pod, init containers apart, is the one an empty name finds.
  void put(const std::string& ns, const std::string& pod, const std::string& container,
           ContainerEntry entry);
  void remove_pod(const std::string& ns, const std::string& pod);
  Result<ContainerEntry> find(const std::string& ns, const std::string& pod,
                              const std::string& container) const;

 private:
  using PodName = std::pair<std::string, std::string>;
  /// Held by pointer: the registry is moved into its place once, before it is shared.
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
  std::map<PodName, std::vector<std::pair<std::string, ContainerEntry>>> pods_;
};

/// What all pods of the node share. Used on the node's loop only, except what says otherwise.
struct NodeContext {
  const LocalNodeOptions& options;
  EventLoop& loop;
  Supervisor& supervisor;  ///< thread safe
  kube::Client client;
  const Clock& clock;
  IdSource& ids;
  Log log;
  std::filesystem::path init;  ///< the init program
  ImageCatalogue images;
  Names names;
  AddressPool addresses;
  ClaimStore claims;
  TokenSource token;
  ContainerRegistry registry;  ///< thread safe

  /// Which pods (by UID) hold a claim ("ns/name") while they end: its next user has to wait,
  /// because two servers on one data folder would not see each other through their own namespaces.
  std::map<std::string, std::set<std::string>> ending_claims;
  /// Namespaces and name prefixes of pods held down.
  std::set<std::pair<std::string, std::string>> holds;
  /// What an earlier life of the node left behind is cleared: pods may be worked on.
  bool cleared = false;
  /// The node is stopping: nothing is started any more.
  bool stopping = false;

  bool held(const kube::Object& pod) const;
  std::filesystem::path pod_dir(std::string_view uid) const;
  /// Records a Kubernetes Event about a pod; trouble with that is ignored.
  void event(const kube::Object& pod, std::string_view type, std::string_view reason,
             const std::string& message) const;
};

}  // namespace pgo::embedded::node
