#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/embedded/api_server.h"
#include "pgo/embedded/controllers.h"
#include "pgo/engine/engine.h"
#include "pgo/kube/client.h"
#include "pgo/operations/cluster.h"
#include "pgo/operations/context.h"
#include "pgo/operations/reader.h"
#include "support/stand_in_node.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace pgo::contract {

/// Objects by kind (plural) and name.
using Objects = std::map<std::pair<std::string, std::string>, json::Value>;

/// The whole operator over an embedded API, its controllers and a stand-in node, in one thread on a
/// virtual clock: what 4.2.0 was recorded on, in the small.
class World {
 public:
  /// Makes the operator's namespace "pgo" and takes over `ns`.
  explicit World(const std::string& ns, test::StandInOptions node = {});
  ~World();

  /// Lets everything happen until nothing is due within two minutes of virtual time.
  void settle();
  /// The same until `done`; the test fails when it does not come about in ten minutes.
  void until(const std::function<bool()>& done, std::string_view what);

  void create(const kube::Object& object, const kube::ResourceType& type);
  /// Runs an operation with the context of user pgoadmin.
  operations::Context context();
  operations::Caller caller() const { return {.user = "pgoadmin", .namespaces = {}, .roles = {}}; }

  /// What stands in the namespace, without what Kubernetes and (unless asked for) Patroni made.
  Objects objects(bool with_patroni = false) const;
  std::string state_of(std::string_view cluster) const;
  const kube::Client& client() const { return client_; }
  const std::string& ns() const { return ns_; }

 private:
  bool step(TimePoint& next);

  std::string ns_;
  VirtualClock clock_{TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 22))};
  SeededIdSource ids_{42};
  std::unique_ptr<embedded::ApiServer> server_;
  std::unique_ptr<kube::Transport> door_;
  kube::Client client_;
  std::unique_ptr<embedded::Controllers> controllers_;
  std::unique_ptr<test::StandInNode> node_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<operations::Reader> reader_;
};

}  // namespace pgo::contract
