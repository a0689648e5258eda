// What would the operator do? A plan is a pure function: objects in, actions out, no Kubernetes, no
// clock, no thread. The objects could come from a file, from `kubectl get -o json`, or from a test.
#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/plan/cluster.h"
#include "pgo/plan/document.h"

#include <cstdio>

int main() {
  // As `pgo create cluster hippo` writes it, but for members that have a default.
  const auto objects = pgo::json::parse(R"([{
    "apiVersion": "crunchydata.com/v1", "kind": "Pgcluster",
    "metadata": {"name": "hippo", "namespace": "zoo", "uid": "1",
                 "labels": {"pg-cluster": "hippo", "crunchy-pgha-scope": "hippo"}},
    "spec": {"name": "hippo", "clustername": "hippo", "namespace": "zoo", "port": "5432",
             "pgbadgerport": "10000", "exporterport": "9187", "ccpimage": "crunchy-postgres-ha",
             "ccpimagetag": "centos7-12.1-4.2.0",
             "replicas": "0", "user": "testuser", "database": "userdb",
             "PrimaryStorage": {"accessmode": "ReadWriteOnce", "size": "1G",
                                "storagetype": "dynamic"},
             "BackrestStorage": {"accessmode": "ReadWriteOnce", "size": "1G",
                                 "storagetype": "dynamic"}},
    "status": {"state": "pgcluster Created"}}])");
  if (!objects) return 1;
  const auto view = pgo::plan::view_of_objects("zoo", "hippo", *objects);
  if (!view) return 1;

  const pgo::plan::Settings settings{.config = &pgo::model::Config::defaults(),
                                     .renderer = &pgo::manifests::Renderer::built_in()};
  const auto now = pgo::parse_rfc3339("2020-01-02T03:04:05Z");
  const pgo::plan::Plan plan = pgo::plan::plan_cluster(*view, settings, *now);
  for (const pgo::plan::Action& action : plan.actions()) std::puts(action.text().c_str());
  for (const pgo::plan::Condition& condition : plan.conditions()) {
    std::printf("waits: %s %s\n", std::string(explain(condition.reason)).c_str(),
                condition.detail.c_str());
  }
  return plan.creates("Deployment").empty() ? 1 : 0;
}
