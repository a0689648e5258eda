#include "pgo/operations/policy.h"

#include "operations/checks.h"
#include "operations/listing.h"
#include "pgo/base/text.h"
#include "pgo/http/fetch.h"
#include "pgo/kube/exec_result.h"
#include "pgo/model/event.h"
#include "pgo/model/names.h"
#include "pgo/model/psql.h"

#include <utility>

namespace pgo::operations {
namespace {

namespace types = kube::types;
using Payload = std::vector<std::pair<std::string, std::string>>;

/// Nothing fails because an event could not be delivered.
void tell(const Context& context, const kube::ResourceType& type, const std::string& ns,
          const std::string& object, const char* event, Payload payload) {
  (void)context.client.create(
      types::kEvent,
      model::kubernetes_event(
          {.type = type, .ns = ns, .object = object, .event = event, .payload = std::move(payload)},
          context.clock.now()));
}

Result<ObjectPtr> find_policy(const Context& context, const std::string& ns,
                              const std::string& name) {
  ObjectPtr found;
  if (text::is_dns1123_subdomain(name)) {
    PGO_TRY(found, get_if_exists(context.reader, types::kPgPolicy, ns, name));
  }
  return found;
}

Error no_policy(const std::string& ns, const std::string& name) {
  return {.code = Code::not_found,
          .message = "There is no policy " + name + " in namespace " + ns + ".",
          .subject = name};
}

Result<void> check_source(const model::rest::CreatePolicyRequest& request) {
  if (request.url.empty() && text::trim(request.sql).empty()) {
    return fail(Code::invalid_argument,
                "The policy has neither SQL nor the address of some; give one of them.", "SQL");
  }
  if (request.url.empty() || http::is_fetchable(request.url)) return {};
  return fail(Code::invalid_argument,
              "The address \"" + request.url +
                  "\" cannot be used; it must begin with http:// or "
                  "https://.",
              "URL");
}

Result<std::string> sql_of(const model::PgPolicy& policy) {
  if (policy.spec.url.empty()) return policy.spec.sql;
  auto fetched = http::fetch(policy.spec.url);
  if (fetched) return fetched;
  return fail(
      fetched.error().code,
      "The SQL of policy " + policy.name() + " cannot be had: " + fetched.error().text() + ".",
      policy.name());
}

/// K1: the one that leads by Patroni's word, and only when it is ready.
Result<ObjectPtr> primary_pod(const Context& context, std::string_view ns,
                              const std::string& cluster) {
  PGO_TRY(const std::vector<ObjectPtr> pods,
          context.reader.list(types::kPod, ns, model::selector::primary_pod(cluster)));
  ObjectPtr primary;
  int count = 0;
  for (const ObjectPtr& pod : pods) {
    const Readiness containers = readiness(*pod);
    if (pod->being_deleted() || containers.total == 0 || containers.ready < containers.total) {
      continue;
    }
    primary = pod;
    ++count;
  }
  if (count == 1) return primary;
  return fail(Code::failed_precondition,
              "Cluster " + cluster + " has no primary that is ready; wait until pgo test " +
                  cluster + " says that it is up.",
              cluster);
}

Result<void> run_sql(const Context& context, const kube::Object& pod, const std::string& sql) {
  kube::ExecRequest request;
  request.ns = std::string(pod.ns());
  request.pod = std::string(pod.name());
  request.container = std::string(model::container::kDatabase);
  request.command = model::psql_command();
  request.stdin_data = sql;
  request.timeout = model::kSqlTimeout;
  PGO_TRY(const kube::ExecResult result, context.client.exec(request));
  if (result.exit_code == 0) return {};
  return fail(Code::failed_precondition, kube::failure_text(result), request.pod);
}

/// On the primary's Deployment and the pgcluster.
Result<void> label(const Context& context, const std::string& ns, const std::string& cluster,
                   const std::string& deployment, const std::string& policy) {
  json::Value body;
  body.at_or_add("metadata").at_or_add("labels").set(policy, model::label::kPolicyValue);
  PGO_TRY_VOID(
      context.client.patch(types::kDeployment, ns, deployment, kube::PatchType::merge, body));
  PGO_TRY_VOID(context.client.patch(types::kPgCluster, ns, cluster, kube::PatchType::merge, body));
  return {};
}

Result<void> apply_to(const Context& context, const model::PgCluster& cluster,
                      const kube::Object& pod, const std::string& policy, const std::string& sql) {
  const std::string& name = cluster.name();
  const std::string ns(pod.ns());
  auto run = run_sql(context, pod, sql);
  if (!run) {
    return fail(run.error().code,
                "Policy " + policy + " failed on cluster " + name + ": " + run.error().message,
                name);
  }
  PGO_TRY_VOID(
      label(context, ns, name, std::string(pod.label(model::label::kDeploymentName)), policy));
  tell(context, types::kPgCluster, ns, name, "ApplyPolicy",
       {{"clustername", name}, {"policyname", policy}});
  context.log.info("policy applied", {{"namespace", ns}, {"cluster", name}, {"policy", policy}});
  return {};
}

}  // namespace

Result<model::rest::CreatePolicyResponse> create_policy(
    const Context& context, const Caller& caller, const model::rest::CreatePolicyRequest& request) {
  if (!text::is_dns1035_label(request.name)) {
    return fail(Code::invalid_argument,
                "\"" + request.name +
                    "\" cannot name a policy; use lower case letters, digits and "
                    "-, a letter first and no - at the end, at most 63.",
                "Name");
  }
  PGO_TRY_VOID(check_policy_name(request.name, "Name"));
  PGO_TRY_VOID(check_source(request));
  model::PgPolicy policy;
  policy.metadata.name = request.name;
  policy.metadata.ns = request.ns;
  policy.metadata.labels[std::string(model::label::kPgouser)] = caller.user;
  policy.spec.ns = request.ns;
  policy.spec.name = request.name;
  policy.spec.url = request.url;
  policy.spec.sql = request.sql;
  // There is nothing for the operator to do with it before it is used.
  policy.status.state = std::string(model::state::kPolicyProcessed);
  policy.status.message = "ready to be applied";
  auto created = context.client.create(types::kPgPolicy, policy.object());
  if (!created && created.error().code == Code::already_exists) {
    return fail(Code::already_exists,
                "There is a policy " + request.name + " in namespace " + request.ns + " already.",
                request.name);
  }
  if (!created) return fail(std::move(created).error());
  tell(context, types::kPgPolicy, request.ns, request.name, "CreatePolicy",
       {{"policyname", request.name}});
  context.log.info("policy created", {{"namespace", request.ns}, {"policy", request.name}});
  model::rest::CreatePolicyResponse response;
  response.status.code = "ok";
  return response;
}

Result<model::rest::ShowPolicyResponse> show_policies(
    const Context& context, const model::rest::ShowPolicyRequest& request) {
  std::vector<ObjectPtr> found;
  if (request.all_flag) {
    PGO_TRY(found, context.reader.list(types::kPgPolicy, request.ns, ""));
  } else {
    PGO_TRY(const ObjectPtr one, find_policy(context, request.ns, request.policyname));
    if (one) found.push_back(one);
  }
  model::rest::ShowPolicyResponse response;
  for (const ObjectPtr& object : found) {
    PGO_TRY(model::PgPolicy policy, model::PgPolicy::from(*object));
    policy.kind.clear();  // as 4.2.0's answers
    policy.api_version.clear();
    response.policy_list.items.push_back(std::move(policy));
  }
  response.status.code = "ok";
  return response;
}

Result<model::rest::DeletePolicyResponse> delete_policies(
    const Context& context, const Caller&, const model::rest::DeletePolicyRequest& request) {
  std::vector<ObjectPtr> found;
  if (request.policy_name == "all") {
    PGO_TRY(found, context.reader.list(types::kPgPolicy, request.ns, ""));
  } else {
    PGO_TRY(const ObjectPtr one, find_policy(context, request.ns, request.policy_name));
    if (one) found.push_back(one);
  }
  if (found.empty()) return fail(no_policy(request.ns, request.policy_name));
  model::rest::DeletePolicyResponse response;
  response.status.code = "ok";
  for (const ObjectPtr& policy : found) {
    kube::DeleteOptions only_this;
    only_this.uid = std::string(policy->uid());
    const std::string name(policy->name());
    auto removed = context.client.remove(types::kPgPolicy, request.ns, name, only_this);
    if (!removed && removed.error().code != Code::not_found) {
      if (response.results.empty()) return fail(std::move(removed).error());
      response.status = {.code = "error", .msg = removed.error().text()};
      break;
    }
    tell(context, types::kPgPolicy, request.ns, name, "DeletePolicy", {{"policyname", name}});
    response.results.push_back("deleted policy " + name);
  }
  return response;
}

Result<model::rest::ApplyPolicyResponse> apply_policy(
    const Context& context, const Caller&, const model::rest::ApplyPolicyRequest& request) {
  PGO_TRY(const ObjectPtr object, find_policy(context, request.ns, request.name));
  if (!object) return fail(no_policy(request.ns, request.name));
  PGO_TRY_VOID(check_policy_name(request.name, "Name"));
  PGO_TRY(const model::PgPolicy policy, model::PgPolicy::from(*object));
  PGO_TRY(const std::vector<model::PgCluster> clusters,
          select_clusters(context, request.ns, request.selector, ""));
  model::rest::ApplyPolicyResponse response;
  response.status.code = "ok";
  if (clusters.empty()) return response;
  std::string sql;
  if (!request.dry_run) {
    PGO_TRY(sql, sql_of(policy));
  }
  // All must be able to take it before the first one does.
  std::vector<ObjectPtr> pods;
  for (const model::PgCluster& cluster : clusters) {
    PGO_TRY_VOID(check_no_removal(context, request.ns, cluster.name()));
    PGO_TRY(pods.emplace_back(), primary_pod(context, request.ns, cluster.name()));
  }
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    if (!request.dry_run) {
      auto applied = apply_to(context, clusters[i], *pods[i], policy.name(), sql);
      if (!applied) {
        response.status = {.code = "error", .msg = applied.error().message};
        break;
      }
    }
    response.name.emplace_back(pods[i]->label(model::label::kDeploymentName));
  }
  return response;
}

}  // namespace pgo::operations
