#pragma once

#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"
#include "pgo/model/schedule.h"
#include "pgo/plan/cluster.h"
#include "pgo/plan/view.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Views of clusters made by hand, for tests of plans:
///
///     auto plan = look(view("hippo").primary_ready().replica("hippo-abcd"));
namespace pgo::testing {

/// Noon of some day; the clock of plan tests.
TimePoint noon();

/// A pgcluster as the request of `pgo create cluster` writes it, with the built-in configuration.
model::PgCluster requested_cluster(std::string_view ns, std::string_view name);

class ViewBuilder {
 public:
  explicit ViewBuilder(std::string_view name);

  /// Everything that the first plan makes is there and spec.status says so; no pod is ready.
  ViewBuilder& bootstrapped();
  /// The secrets that a request makes.
  ViewBuilder& secrets();
  /// As `bootstrapped`, and the first primary's pod leads and is ready.
  ViewBuilder& primary_ready();
  ViewBuilder& repo_ready();
  /// The first full backup has succeeded: state Initialized, tasks and Jobs in place.
  ViewBuilder& initialized();
  /// Settled: primary, repository, first backup, and nothing open.
  ViewBuilder& settled();

  /// A pgreplica that waits.
  ViewBuilder& replica(std::string_view name);
  /// A replica that runs: pgreplica completed, volume, Deployment, pod with role replica, Service.
  ViewBuilder& running_replica(std::string_view name);
  /// The pod of instance `name` leads from now on; the others become replicas.
  ViewBuilder& leads(std::string_view name);
  ViewBuilder& without_pod(std::string_view deployment);
  ViewBuilder& autofail(bool on);
  /// Patroni's configuration as JSON text.
  ViewBuilder& patroni(std::string_view config);
  ViewBuilder& task(const model::PgTask& task);
  ViewBuilder& job(std::string_view name, bool succeeded, bool failed = false);
  ViewBuilder& secret(std::string_view name, bool repo = false);
  ViewBuilder& volume(std::string_view name);
  ViewBuilder& service(std::string_view name);
  /// Of no instance.
  ViewBuilder& deployment(std::string_view name);
  ViewBuilder& config_map(std::string_view name, std::string_view scope = {});
  /// A schedule's ConfigMap, made at 2020-01-01T00:00:00Z.
  ViewBuilder& schedule(const model::Schedule& schedule, std::string_view last_firing = {});
  /// A command that a plan asked for, started (and ended) at noon.
  ViewBuilder& exec(const plan::Exec& exec, plan::ExecState::Outcome outcome,
                    std::string_view why = {});
  ViewBuilder& no_cluster();

  model::PgCluster& spec() { return cluster_; }
  plan::Pod& pod_of(std::string_view deployment);
  plan::Deployment& deployment_of(std::string_view name);
  plan::Job& job_of(std::string_view name);
  plan::ConfigMap& config_map_of(std::string_view name);
  plan::Secret& secret_of(std::string_view name);

  plan::ClusterView make() const;
  operator plan::ClusterView() const { return make(); }

 private:
  plan::Meta meta(std::string_view name) const;
  void instance(std::string_view name, std::string_view role, std::string_view service);

  std::string name_;
  bool has_cluster_ = true;
  model::PgCluster cluster_;
  std::vector<kube::Object> replicas_, tasks_;
  std::vector<plan::Deployment> deployments_;
  std::vector<plan::Pod> pods_;
  std::vector<plan::Job> jobs_;
  std::vector<plan::Volume> volumes_;
  std::vector<plan::Service> services_;
  std::vector<plan::ConfigMap> config_maps_;
  std::vector<plan::Secret> secrets_;
  std::vector<plan::ExecState> execs_;
};

inline ViewBuilder view(std::string_view name) { return ViewBuilder(name); }

/// plan_cluster at noon with the built-in configuration and templates. The view must outlive the
/// plan, so it is kept beside it.
struct Look {
  plan::ClusterView view;
  plan::Plan plan;
};
plan::Settings built_in_settings();
Look look(plan::ClusterView view, TimePoint now = noon());

}  // namespace pgo::testing
