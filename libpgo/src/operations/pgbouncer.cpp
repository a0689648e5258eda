#include "pgo/operations/pgbouncer.h"

#include "operations/checks.h"
#include "operations/pool_account.h"
#include "pgo/model/names.h"
#include "pgo/model/pgbouncer.h"
#include "pgo/model/pgtask.h"

#include <string>
#include <vector>

namespace pgo::operations {
namespace {

bool has_pool(const model::PgCluster& cluster) {
  return cluster.metadata.label(model::label::kPgbouncer) == model::kTrue;
}

/// Neither the cluster nor its pgBouncer is on its way out.
Result<void> check_stays(const Context& context, const std::string& ns, const std::string& name) {
  PGO_TRY_VOID(check_no_removal(context, ns, name));
  PGO_TRY(const ObjectPtr task,
          current_task(context, ns, model::names::pgbouncer_delete_task(name)));
  if (!task) return {};
  return fail(Code::failed_precondition,
              "The pgBouncer of " + name + " is still being removed; try again when it is gone.",
              name);
}

Result<void> request_pool(const Context& context, const Caller& caller,
                          const model::PgCluster& cluster,
                          const model::rest::CreatePgbouncerRequest& request) {
  const std::string& name = cluster.name();
  const std::string user = model::pool_user(request.pgbouncer_user);
  PGO_TRY_VOID(ensure_pool_secret(context, cluster, user, request.pgbouncer_pass));
  model::PgTask task = model::new_task(request.ns, model::names::pgbouncer_add_task(name),
                                       model::TaskType::add_pgbouncer, name);
  task.metadata.labels.emplace(model::label::kPgbouncerAdd, model::kTrue);
  task.metadata.labels.emplace(model::label::kPgouser, caller.user);
  task.spec.parameters.emplace(model::param::kPgbouncerCluster, name);
  task.spec.parameters.emplace(model::param::kPgbouncerUser, user);
  PGO_TRY_VOID(ensure(context, kube::types::kPgTask, task.object()));
  context.log.info("pgBouncer requested", {{"namespace", request.ns}, {"cluster", name}});
  return {};
}

Result<void> request_removal(const Context& context, const std::string& ns,
                             const std::string& name) {
  model::PgTask task = model::new_task(ns, model::names::pgbouncer_delete_task(name),
                                       model::TaskType::delete_pgbouncer, name);
  task.metadata.labels.emplace(model::label::kPgbouncerDelete, model::kTrue);
  task.spec.parameters.emplace(model::param::kPgbouncerCluster, name);
  PGO_TRY_VOID(ensure(context, kube::types::kPgTask, task.object()));
  context.log.info("removal of pgBouncer requested", {{"namespace", ns}, {"cluster", name}});
  return {};
}

/// O15: there is one, or one was asked for just now.
Result<void> check_has_pool(const Context& context, const std::string& ns,
                            const model::PgCluster& cluster) {
  if (has_pool(cluster)) return {};
  PGO_TRY(const ObjectPtr asked,
          current_task(context, ns, model::names::pgbouncer_add_task(cluster.name())));
  if (asked) return {};
  return fail(Code::not_found, "Cluster " + cluster.name() + " has no pgBouncer.", cluster.name());
}

}  // namespace

Result<model::rest::CreatePgbouncerResponse> create_pgbouncer(
    const Context& context, const Caller& caller,
    const model::rest::CreatePgbouncerRequest& request) {
  PGO_TRY(const std::vector<model::PgCluster> clusters,
          named_clusters(context, request.ns, request.selector, request.args));
  PGO_TRY_VOID(check_image(context, model::fixed::kPoolImage, "pgBouncer", "Args"));
  for (const model::PgCluster& cluster : clusters) {
    PGO_TRY_VOID(
        check_pool_account(request.pgbouncer_user, request.pgbouncer_pass, cluster.spec.user));
    PGO_TRY_VOID(check_stays(context, request.ns, cluster.name()));
    if (has_pool(cluster)) {
      return fail(Code::already_exists, "Cluster " + cluster.name() + " has a pgBouncer already.",
                  cluster.name());
    }
  }
  model::rest::CreatePgbouncerResponse response;
  response.status.code = "ok";
  for (const model::PgCluster& cluster : clusters) {
    auto asked = request_pool(context, caller, cluster, request);
    if (!asked && response.results.empty()) return fail(std::move(asked).error());
    if (!asked) {
      response.status = {.code = "error", .msg = asked.error().text()};
      break;
    }
    response.results.push_back(cluster.name() + " pgbouncer added");
  }
  return response;
}

Result<model::rest::DeletePgbouncerResponse> delete_pgbouncer(
    const Context& context, const model::rest::DeletePgbouncerRequest& request) {
  PGO_TRY(const std::vector<model::PgCluster> clusters,
          named_clusters(context, request.ns, request.selector, request.args));
  for (const model::PgCluster& cluster : clusters) {
    PGO_TRY_VOID(check_stays(context, request.ns, cluster.name()));
    PGO_TRY_VOID(check_has_pool(context, request.ns, cluster));
  }
  model::rest::DeletePgbouncerResponse response;
  response.status.code = "ok";
  for (const model::PgCluster& cluster : clusters) {
    auto asked = request_removal(context, request.ns, cluster.name());
    if (!asked && response.results.empty()) return fail(std::move(asked).error());
    if (!asked) {
      response.status = {.code = "error", .msg = asked.error().text()};
      break;
    }
    response.results.push_back(cluster.name() + " pgbouncer deleted");
  }
  return response;
}

}  // namespace pgo::operations
