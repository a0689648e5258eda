#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <map>
#include <string>
#include <tuple>
#include <vector>

/// Messages of `/status`.
namespace pgo::model::rest {

struct NodeInfo {
  std::string name, status;
  std::map<std::string, std::string> labels;

  static constexpr auto fields() {
    using S = NodeInfo;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("Status", &S::status, json::Emit::always),
                      json::field("Labels", &S::labels, json::Emit::always)};
  }
  bool operator==(const NodeInfo&) const = default;
};

struct KeyValue {
  std::string key;
  int value = 0;

  static constexpr auto fields() {
    using S = KeyValue;
    return std::tuple{json::field("Key", &S::key, json::Emit::always),
                      json::field("Value", &S::value, json::Emit::always)};
  }
  bool operator==(const KeyValue&) const = default;
};

struct StatusDetail {
  std::string operator_start_time;
  int num_databases = 0;
  int num_claims = 0;
  std::string volume_cap;
  std::map<std::string, int> db_tags;
  std::vector<std::string> not_ready;
  std::vector<NodeInfo> nodes;
  std::vector<KeyValue> labels;

  static constexpr auto fields() {
    using S = StatusDetail;
    return std::tuple{json::field("OperatorStartTime", &S::operator_start_time, json::Emit::always),
                      json::field("NumDatabases", &S::num_databases, json::Emit::always),
                      json::field("NumClaims", &S::num_claims, json::Emit::always),
                      json::field("VolumeCap", &S::volume_cap, json::Emit::always),
                      json::field("DbTags", &S::db_tags, json::Emit::always),
                      json::field("NotReady", &S::not_ready, json::Emit::always),
                      json::field("Nodes", &S::nodes, json::Emit::always),
                      json::field("Labels", &S::labels, json::Emit::always_null_when_empty)};
  }
  bool operator==(const StatusDetail&) const = default;
};

struct StatusResponse {
  StatusDetail result;
  Status status;

  static constexpr auto fields() {
    using S = StatusResponse;
    return std::tuple{json::field("Result", &S::result, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const StatusResponse&) const = default;
};

}  // namespace pgo::model::rest
