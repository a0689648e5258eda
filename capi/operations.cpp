#include "boundary.h"

using namespace pgo;
using namespace pgo::capi;

namespace {

namespace rest = model::rest;

/// The message that the struct and its `more` stand for; `fill` lays the struct's members over it.
template <rest::CallName name, typename Options, typename Fill>
pgo_error* typed_call(const pgo_client* client, const Options* options, pgo_cancel* cancel,
                      pgo_string** answer, Fill fill) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(client, "client"));
    PGO_TRY(const Options known, options_of(options, "options"));
    using Request = typename std::remove_cvref_t<decltype(rest::kCall<name>)>::Request;
    Request request = rest::initial_request<Request>();
    if (known.more != nullptr) {
      auto more = json::parse(known.more);
      if (!more) return fail(std::move(more).error().with_context("more"));
      auto read = json::decode_into(*more, request, json::Mode::strict);
      if (!read) return fail(std::move(read).error().with_context("more"));
    }
    PGO_TRY_VOID(fill(known, request));
    const auto how = known.dry_run != 0 ? &Client::dry_run_json : &Client::call_json;
    PGO_TRY(const json::Value answered,
            (client->client.*how)(name.view(), json::encode(request), token_of(cancel)));
    give(answer, json::write(answered));
    return {};
  });
}

void lay_over(std::string& to, const char* text) {
  if (text != nullptr) to = text;
}

Result<void> needed(std::string& to, const char* text, const char* what) {
  lay_over(to, text);
  return require_text(to.c_str(), what);
}

Result<void> count(int& to, std::int32_t given, const char* what) {
  if (given < 0) return fail(Code::invalid_argument, "this is less than 0", what);
  if (given > 0) to = given;
  return {};
}

}  // namespace

pgo_error* pgo_create_cluster(const pgo_client* client, const pgo_create_cluster_options* options,
                              pgo_cancel* cancel, pgo_string** answer) {
  return typed_call<"create_cluster">(
      client, options, cancel, answer,
      [](const pgo_create_cluster_options& given,
         rest::CreateClusterRequest& request) -> Result<void> {
        lay_over(request.ns, given.ns);
        lay_over(request.password, given.password);
        lay_over(request.username, given.username);
        lay_over(request.database, given.database);
        lay_over(request.storage_config, given.storage);
        lay_over(request.container_resources, given.resources);
        lay_over(request.backrest_storage_type, given.backup_storage);
        PGO_TRY_VOID(count(request.replica_count, given.replicas, "replicas"));
        if (given.synchronous != 0) request.sync_replication = true;
        return needed(request.name, given.name, "name");
      });
}

pgo_error* pgo_scale(const pgo_client* client, const pgo_scale_options* options, pgo_cancel* cancel,
                     pgo_string** answer) {
  return typed_call<"scale_cluster">(
      client, options, cancel, answer,
      [](const pgo_scale_options& given, rest::ScaleClusterQuery& request) -> Result<void> {
        lay_over(request.ns, given.ns);
        lay_over(request.storage_config, given.storage);
        lay_over(request.resources_config, given.resources);
        lay_over(request.node_label, given.node_label);
        lay_over(request.service_type, given.service_type);
        PGO_TRY_VOID(count(request.replica_count, given.replicas, "replicas"));
        return needed(request.name, given.cluster, "cluster");
      });
}

pgo_error* pgo_failover(const pgo_client* client, const pgo_failover_options* options,
                        pgo_cancel* cancel, pgo_string** answer) {
  return typed_call<"create_failover">(
      client, options, cancel, answer,
      [](const pgo_failover_options& given, rest::CreateFailoverRequest& request) -> Result<void> {
        lay_over(request.ns, given.ns);
        PGO_TRY_VOID(needed(request.cluster_name, given.cluster, "cluster"));
        return needed(request.target, given.target, "target");
      });
}

pgo_error* pgo_clone(const pgo_client* client, const pgo_clone_options* options, pgo_cancel* cancel,
                     pgo_string** answer) {
  return typed_call<"clone_cluster">(
      client, options, cancel, answer,
      [](const pgo_clone_options& given, rest::CloneRequest& request) -> Result<void> {
        lay_over(request.ns, given.ns);
        lay_over(request.pitr_target, given.pitr_target);
        PGO_TRY_VOID(count(request.replica_count, given.replicas, "replicas"));
        PGO_TRY_VOID(needed(request.source_cluster_name, given.source, "source"));
        return needed(request.target_cluster_name, given.target, "target");
      });
}

pgo_error* pgo_backup(const pgo_client* client, const pgo_backup_options* options,
                      pgo_cancel* cancel, pgo_string** answer) {
  return typed_call<"create_backup">(
      client, options, cancel, answer,
      [](const pgo_backup_options& given,
         rest::CreateBackrestBackupRequest& request) -> Result<void> {
        lay_over(request.ns, given.ns);
        lay_over(request.backup_opts, given.backup_options);
        lay_over(request.backrest_storage_type, given.storage);
        if (given.cluster != nullptr) request.args = {given.cluster};
        if (request.args.empty() && request.selector.empty()) {
          return require_text(nullptr, "cluster");
        }
        return {};
      });
}

pgo_error* pgo_schedule(const pgo_client* client, const pgo_schedule_options* options,
                        pgo_cancel* cancel, pgo_string** answer) {
  return typed_call<"create_schedule">(
      client, options, cancel, answer,
      [](const pgo_schedule_options& given, rest::CreateScheduleRequest& request) -> Result<void> {
        lay_over(request.ns, given.ns);
        lay_over(request.cluster_name, given.cluster);
        if (request.schedule_type.empty()) request.schedule_type = "pgbackrest";
        lay_over(request.schedule_type, given.type);
        const bool backs_up = request.schedule_type == "pgbackrest";
        if (backs_up && request.pg_back_rest_type.empty()) request.pg_back_rest_type = "full";
        lay_over(request.pg_back_rest_type, given.backup_type);
        lay_over(request.schedule_options, given.backup_options);
        lay_over(request.policy_name, given.policy);
        lay_over(request.database, given.database);
        if (request.selector.empty())
          PGO_TRY_VOID(require_text(request.cluster_name.c_str(), "cluster"));
        return needed(request.schedule, given.schedule, "schedule");
      });
}
