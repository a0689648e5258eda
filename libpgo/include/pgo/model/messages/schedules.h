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
        json::field("ClusterName", &S::cluster_name, json::Emit::always),
        json::field("Name", &S::name, json::Emit::always),
        json::field("Namespace", &S::ns, json::Emit::always),
        json::field("Schedule", &S::schedule, json::Emit::always),
        json::field("ScheduleType", &S::schedule_type, json::Emit::always),
        json::field("Selector", &S::selector, json::Emit::always),
        json::field("PGBackRestType", &S::pg_back_rest_type, json::Emit::always),
        json::field("BackrestStorageType", &S::backrest_storage_type, json::Emit::always),
        json::field("PVCName", &S::pvc_name, json::Emit::always),
        json::field("ScheduleOptions", &S::schedule_options, json::Emit::always),
        json::field("StorageConfig", &S::storage_config, json::Emit::always),
        json::field("PolicyName", &S::policy_name, json::Emit::always),
        json::field("Database", &S::database, json::Emit::always),
        json::field("Secret", &S::secret, json::Emit::always)};
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
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("ScheduleName", &S::schedule_name, json::Emit::always),
                      json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always)};
  }
  bool operator==(const DeleteScheduleRequest&) const = default;
};

struct ShowScheduleRequest {
  std::string ns, schedule_name, cluster_name, selector;

  static constexpr auto fields() {
    using S = ShowScheduleRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("ScheduleName", &S::schedule_name, json::Emit::always),
                      json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always)};
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
