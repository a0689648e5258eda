#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the schedule routes.
namespace pgo::model::rest {

struct CreateScheduleRequest {
  std::string cluster_name, name, ns, schedule, schedule_type, selector;
  std::string pg_back_rest_type, backrest_storage_type, pvc_name, schedule_options;
  std::string storage_config, policy_name, database, secret;

  static constexpr auto fields() {
    using S = CreateScheduleRequest;
    return std::tuple{
        json::field("ClusterName", &S::cluster_name, json::Emit::always).describe("The cluster."),
        json::field("Name", &S::name, json::Emit::always)
            .describe("Of 4.2.0; the name is made of the cluster and what is done."),
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("Schedule", &S::schedule, json::Emit::always)
            .describe("When: \"0 1 * * *\", \"@daily\" or \"@every 6h\", perhaps after "
                      "\"TZ=Europe/Berlin\". Required."),
        json::field("ScheduleType", &S::schedule_type, json::Emit::always)
            .describe("What is done: \"pgbackrest\" or \"policy\". Required."),
        json::field("Selector", &S::selector, json::Emit::always)
            .describe(
                "A label selector that takes the clusters, \"env=test\"; in place of a name."),
        json::field("PGBackRestType", &S::pg_back_rest_type, json::Emit::always)
            .describe("The kind of backup: \"full\", \"diff\" or \"incr\"."),
        json::field("BackrestStorageType", &S::backrest_storage_type, json::Emit::always)
            .describe("Where the backup goes: \"local\", \"s3\" or \"local,s3\"."),
        json::field("PVCName", &S::pvc_name, json::Emit::always).describe("Of 4.2.0; not used."),
        json::field("ScheduleOptions", &S::schedule_options, json::Emit::always)
            .describe("Options of pgBackRest, \"--repo1-retention-full=7\"."),
        json::field("StorageConfig", &S::storage_config, json::Emit::always)
            .describe("Of 4.2.0; not used."),
        json::field("PolicyName", &S::policy_name, json::Emit::always)
            .describe("The policy to run."),
        json::field("Database", &S::database, json::Emit::always)
            .describe("The database that the policy runs in."),
        json::field("Secret", &S::secret, json::Emit::always)
            .describe("A Secret, checked as by 4.2.0; the SQL runs as postgres.")};
  }
  bool operator==(const CreateScheduleRequest&) const = default;
};

struct CreateScheduleResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreateScheduleResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreateScheduleResponse&) const = default;
};

struct DeleteScheduleRequest {
  std::string ns, schedule_name, cluster_name, selector;

  static constexpr auto fields() {
    using S = DeleteScheduleRequest;
    return std::tuple{
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("ScheduleName", &S::schedule_name, json::Emit::always)
            .describe("This schedule alone."),
        json::field("ClusterName", &S::cluster_name, json::Emit::always)
            .describe("The schedules of this cluster."),
        json::field("Selector", &S::selector, json::Emit::always)
            .describe(
                "A label selector that takes the clusters, \"env=test\"; in place of a name.")};
  }
  bool operator==(const DeleteScheduleRequest&) const = default;
};

struct ShowScheduleRequest {
  std::string ns, schedule_name, cluster_name, selector;
  bool wide = false;  ///< all that there is to tell. Ours, not 4.2.0's

  static constexpr auto fields() {
    using S = ShowScheduleRequest;
    return std::tuple{
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("ScheduleName", &S::schedule_name, json::Emit::always)
            .describe("This schedule alone."),
        json::field("ClusterName", &S::cluster_name, json::Emit::always)
            .describe("The schedules of this cluster."),
        json::field("Selector", &S::selector, json::Emit::always)
            .describe(
                "A label selector that takes the clusters, \"env=test\"; in place of a name."),
        json::field("Wide", &S::wide).describe("Tell options, database and next run too.")};
  }
  bool operator==(const ShowScheduleRequest&) const = default;
};

struct DeleteScheduleResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeleteScheduleResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeleteScheduleResponse&) const = default;
};

struct ShowScheduleResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = ShowScheduleResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowScheduleResponse&) const = default;
};

}  // namespace pgo::model::rest
