#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <map>
#include <string>
#include <tuple>

/// Messages of `/workflow/{id}`.
namespace pgo::model::rest {

struct ShowWorkflowDetail {
  std::string cluster_name;
  std::map<std::string, std::string> parameters;

  static constexpr auto fields() {
    using S = ShowWorkflowDetail;
    return std::tuple{
        json::field("ClusterName", &S::cluster_name, json::Emit::always),
        json::field("Parameters", &S::parameters, json::Emit::always_null_when_empty)};
  }
  bool operator==(const ShowWorkflowDetail&) const = default;
};

struct ShowWorkflowResponse {
  ShowWorkflowDetail results;
  Status status;

  static constexpr auto fields() {
    using S = ShowWorkflowResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowWorkflowResponse&) const = default;
};

}  // namespace pgo::model::rest
