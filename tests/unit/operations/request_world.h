#pragma once

#include "pgo/embedded/api_server.h"
#include "pgo/operations/access.h"
#include "pgo/operations/cluster.h"
#include "pgo/operations/context.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::test {

/// What requests need: an embedded API with our resource types, namespaces pgo (the operator's),
/// pgouser1 to pgouser3 and golden3 (ours) and "default" (not ours), nodes in two regions, users
/// and roles as they were recorded.
class RequestWorld {
 public:
  RequestWorld();

  operations::Context context();
  operations::Context context(operations::Reader& reader);
  const operations::Caller& admin() const { return admin_; }
  kube::Client client() const { return kube::Client(*transport_); }
  kube::Transport& transport() { return *transport_; }
  VirtualClock& clock() { return clock_; }
  IdSource& ids() { return ids_; }
  model::Config& config() { return config_; }

  /// Creates an object; fails the test when that fails.
  kube::Object put(const kube::ResourceType& type, const kube::Object& object);
  void put_claim(const std::string& ns, const std::string& name);
  /// An object of some cluster's.
  void put_owned(const kube::ResourceType& type, const std::string& ns, const std::string& name,
                 const std::string& cluster);
  /// The object, or an empty one when there is none.
  kube::Object get(const kube::ResourceType& type, std::string_view ns, std::string_view name);
  std::vector<kube::Object> all(const kube::ResourceType& type, std::string_view ns);
  /// How many objects a cluster may be made of exist in the test namespaces.
  std::size_t written();
  std::string secret(std::string_view ns, std::string_view name, std::string_view key);

  void put_user(std::string_view name, std::string_view password, std::string_view roles,
                std::string_view namespaces);
  void put_role(std::string_view name, std::string_view permissions);
  void put_policy(std::string_view ns, std::string_view name);
  void put_config_map(std::string_view ns, std::string_view name);

  /// Deployment and pod (NAME-POD) of an instance, as the operator and Patroni leave them.
  void put_instance(std::string_view ns, std::string_view cluster, std::string_view name,
                    std::string_view role, bool ready = true, std::string_view node = "node01");
  static std::string pod_of(std::string_view instance);
  /// Answers exec; until it is set every command succeeds and prints nothing.
  std::function<Result<kube::ExecResult>(const kube::ExecRequest&)> on_exec;
  /// The commands that were run, oldest first.
  std::vector<kube::ExecRequest> execs;
  /// A pod of a cluster with one ready (or not) container "database".
  void put_pod(std::string_view ns, std::string_view name, std::string_view cluster,
               std::string_view label, std::string_view value, bool ready = true);
  /// The primary's and the repository's pod, both ready: NAME-pod and NAME-repo.
  void put_ready_pods(std::string_view ns, std::string_view cluster);

  /// A create request as the client sends it without flags.
  model::rest::CreateClusterRequest create_request(std::string name) const;
  /// Creates a cluster through the operation.
  void create(const std::string& name, int replicas = 0);

 private:
  /// Containers that are not there.
  struct Runtime final : embedded::ContainerRuntime {
    explicit Runtime(RequestWorld& made_for) : world(made_for) {}
    Result<kube::ExecResult> exec(const kube::ExecRequest& request) override;
    Result<std::string> log(const std::string&, const std::string&, const std::string&, int,
                            bool) override {
      return std::string();
    }
    RequestWorld& world;
  };

  void install();

  VirtualClock clock_;
  SeededIdSource ids_{42};
  model::Config config_;
  Runtime runtime_{*this};
  std::unique_ptr<embedded::ApiServer> server_;
  std::unique_ptr<kube::Transport> transport_;
  std::unique_ptr<operations::DirectReader> reader_;
  operations::Caller admin_{.user = "pgoadmin", .namespaces = {}, .roles = {"pgoadmin"}};
};

}  // namespace pgo::test
