#pragma once

#include "embedded/controllers/plans.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::controllers {

/// One look at one Deployment: its ReplicaSets sorted into the current one and the old ones, and
/// the moves that bring the world closer to its spec. Source: Kubernetes, "Deployments".
class Rollout {
 public:
  Rollout(const kube::Object& deployment, const DeploymentView& view, TimePoint now);
  Decision decide();

 private:
  void roll();
  void recreate();
  void scale_paused();
  void shrink_old();
  void make_current();
  void keep_revision();
  void tell_revision();
  void clean_up();
  void scale(const Seen& set, int replicas);

  int current_target() const;
  int total(std::string_view status_field) const;
  int total_wanted() const;
  std::string next_revision() const;
  bool complete() const;
  bool counts_moved(const json::Value& status) const;
  json::Value status();
  void progress(json::Value& status);

  const kube::Object& deployment_;
  const DeploymentView& view_;
  TimePoint now_;
  std::string hash_;
  int wanted_ = 1, surge_ = 0, max_unavailable_ = 0;
  bool recreate_ = false;
  Seen current_;
  std::vector<Seen> old_;
  std::map<std::string_view, int> left_;  ///< what old ReplicaSets shall keep
  bool made_ = false, scaled_ = false, annotated_ = false;
  Decision out_;
};

}  // namespace pgo::embedded::controllers
