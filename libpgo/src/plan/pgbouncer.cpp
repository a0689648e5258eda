#include "pgo/manifests/pgbouncer.h"

#include "pgo/model/names.h"
#include "pgo/model/pgbouncer.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"
#include "render.h"
#include "work.h"

// pgBouncer beside a cluster (contract 15). The label crunchy-pgbouncer on the pgcluster says
// whether one is wanted; tasks only set it. Its account is in the data: it is set up once for each
// pgcluster and scope, so again after a restore, whose backup may be older than the pool.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

Value wanted_label(std::string_view value) {
  return Value::object(
      {{"metadata",
        Value::object({{"labels", Value::object({{model::label::kPgbouncer, value}})}})}});
}

Event pool_event(const ClusterView& view, std::string_view type, std::string_view user) {
  Event event = cluster_event(view, type);
  event.topics = {"pgbouncertopic"};
  if (!user.empty()) event.user = user;
  return event;
}

/// An open task of this type, or null.
const Task* request(const ClusterView& view, model::TaskType type) {
  for (const auto& task : view.tasks) {
    if (task->object && !task->meta.deleting && task->object->type() == type) return task.get();
  }
  return nullptr;
}

void take_up(Work& work, const Task& task) {
  const Cluster& cluster = *work.view.cluster;
  if (!cluster.pool) {
    Value body = wanted_label(model::kTrue);
    body.at_or_add("spec")
        .at_or_add("userlabels")
        .set(model::label::kPgbouncerUser,
             model::pool_user(task.parameter(model::param::kPgbouncerUser)));
    work.plan.patch(types::kPgCluster, cluster.meta, std::move(body), "a pgBouncer is asked for");
  }
  work.plan.event(pool_event(work.view, "CreatePgbouncer", task.label(model::label::kPgouser)),
                  "a pgBouncer is asked for");
  work.plan.remove(types::kPgTask, task.meta, "the cluster's label asks for a pgBouncer");
}

/// What carries its name, and is not on its way out already, goes.
template <typename T>
bool gone(Work& work, const kube::ResourceType& type, const T* object) {
  if (object == nullptr) return true;
  work.plan.remove(type, object->meta, "pgBouncer is to go");
  return false;
}

void take_down(Work& work, const Task& task) {
  const ClusterView& view = work.view;
  const std::string name = model::names::pgbouncer(view.name);
  if (view.cluster->pool) {
    work.plan.patch(types::kPgCluster, view.cluster->meta, wanted_label(model::kFalse),
                    "pgBouncer is to go");
  }
  // Whoever asks for one after this is told to wait, so such a request is an older one.
  bool done = gone(work, types::kPgTask, request(view, model::TaskType::add_pgbouncer));
  done &= gone(work, types::kService, view.service(name));
  done &= gone(work, types::kDeployment, view.deployment(name));
  done &= gone(work, types::kSecret, view.secret(model::names::pgbouncer_secret(view.name)));
  if (!done) return work.plan.wait(Reason::objects_gone, task.meta.name);
  work.plan.event(pool_event(view, "DeletePgbouncer", task.label(model::label::kPgouser)),
                  "pgBouncer is gone");
  work.plan.remove(types::kPgTask, task.meta, "pgBouncer is gone");
}

bool secret(Work& work, const model::PgCluster& cluster) {
  if (work.view.secret(model::names::pgbouncer_secret(work.view.name)) != nullptr) return true;
  // Requests make it; where only the label was set by hand the password is drawn.
  manifests::PoolAccount account;
  account.user = model::pool_user(cluster.user_label(model::label::kPgbouncerUser));
  auto made = manifests::pgbouncer_secret(*work.settings.renderer, cluster, account);
  if (!made) {
    work.plan.wait(Reason::render_failed, "Secret", made.error().text());
    return false;
  }
  work.plan.create_secret(*std::move(made), Generated::pool, "pgBouncer's account and settings");
  return true;
}

void parts(Work& work, const model::PgCluster& cluster) {
  const std::string name = model::names::pgbouncer(work.view.name);
  const manifests::Renderer& renderer = *work.settings.renderer;
  if (!secret(work, cluster)) return;
  if (work.view.deployment(name) == nullptr &&
      !work.plan.create(types::kDeployment,
                        manifests::pgbouncer_deployment(renderer, cluster, *work.settings.config),
                        "a pgBouncer is wanted")) {
    return;
  }
  if (work.view.service(name) != nullptr) return;
  work.plan.create(types::kService,
                   manifests::pgbouncer_service(renderer, cluster, *work.settings.config),
                   "how clients reach pgBouncer");
}

Exec set_up_account(std::string id, const Secret& secret, const Pod& primary) {
  return {.id = std::move(id),
          .ns = primary.meta.ns,
          .pod = primary.meta.name,
          .container = std::string(model::container::kDatabase),
          .command = model::pool_account_command(),
          .input_secret = secret.meta.name,
          .input_key = std::string(model::data_key::kPoolUsers)};
}

void note_ready(Work& work, const Secret& secret, const std::string& where) {
  Value body;
  Value& metadata = body.at_or_add("metadata");
  metadata.set("uid", secret.meta.uid);  // another one has another password
  metadata.at_or_add("annotations").set(model::annotation::kPoolReady, where);
  work.plan.patch(types::kSecret, secret.meta, std::move(body), "pgBouncer's account is set up");
}

void account(Work& work) {
  const ClusterView& view = work.view;
  const Secret* secret = view.secret(model::names::pgbouncer_secret(view.name));
  if (secret == nullptr || secret->meta.deleting) return;
  const std::string where = view.cluster->meta.uid + "/" + std::string(view.scope());
  const Pod* primary = view.primary();
  if (secret->pool_ready == where) return;
  if (primary == nullptr || !primary->database_ready || primary->promoting) return;
  // While a restore changes over, who still leads has the data that is given up.
  const Deployment* instance = view.deployment(primary->deployment);
  if (instance == nullptr || instance->scope != view.scope()) return;
  std::string id = "pgbouncer/" + secret->meta.uid + "/" + where;
  const ExecState* exec = view.exec(id);
  if (exec != nullptr && exec->running()) {
    if (!superseded(view, *exec)) work.plan.keep(std::move(id));
    return;
  }
  if (exec != nullptr && exec->outcome == ExecState::Outcome::succeeded) {
    work.plan.keep(std::move(id));
    return note_ready(work, *secret, where);
  }
  if (exec != nullptr) {
    work.plan.wait(Reason::pool, model::names::pgbouncer(view.name),
                   "its account could not be set up: " + exec->why);
    if (!may_try_again(work, *exec)) return;
  }
  work.plan.exec(set_up_account(std::move(id), *secret, *primary),
                 "pgBouncer asks the databases for passwords");
}

}  // namespace

void pgbouncer(Work& work) {
  if (const Task* task = request(work.view, model::TaskType::delete_pgbouncer)) {
    return take_down(work, *task);
  }
  if (const Task* task = request(work.view, model::TaskType::add_pgbouncer)) take_up(work, *task);
  const Cluster& cluster = *work.view.cluster;
  if (!cluster.pool || cluster.status != model::progress::kCompleted) return;
  parts(work, complete_cluster(cluster));
  account(work);
}

}  // namespace pgo::plan
