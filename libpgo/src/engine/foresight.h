#pragma once

#include "pgo/kube/client.h"
#include "pgo/kube/overlay.h"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace pgo::engine {

/// What Kubernetes, the containers and Patroni would do next if nothing went wrong, done in a view:
/// what is deleted goes, Deployments get a ready pod, Jobs succeed, a scope without a leader elects
/// one. What is there and not well stays as it is. Only for looking ahead; one thread.
class Foresight {
 public:
  /// `view` must outlive it.
  Foresight(kube::OverlayTransport& view, std::string ns, std::set<std::string> clusters);

  /// Lets everything take one step. False when nothing is left to happen.
  Result<bool> step();

 private:
  using Objects = std::vector<kube::Object>;

  Result<Objects> list(const kube::ResourceType& type) const;
  Result<void> look();
  Result<bool> jobs_succeed();
  Result<bool> orphans_go();
  Result<bool> deleted_go();
  Result<bool> pods_start();
  Result<bool> commands_work();
  Result<bool> leaders_are_elected();
  Result<void> lead(const std::string& scope, const std::string& pod);
  Result<void> take_lock(const std::string& scope, const std::string& pod);
  const kube::Object* owner_of(const kube::Object& pod) const;

  kube::OverlayTransport& view_;
  kube::Client client_;
  std::string ns_;
  std::set<std::string> clusters_;
  Objects deployments_, jobs_, pods_;
  std::size_t commands_seen_ = 0;  ///< of the view's writes
};

}  // namespace pgo::engine
