#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the label routes.
namespace pgo::model::rest {

struct LabelRequest {
  std::string selector, ns;
  std::vector<std::string> args;
  std::string label_cmd_label;
  bool dry_run = false;
  bool delete_label = false;
  std::string client_version;

  static constexpr auto fields() {
    using S = LabelRequest;
    return std::tuple{json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Args", &S::args, json::Emit::always),
                      json::field("LabelCmdLabel", &S::label_cmd_label, json::Emit::always),
                      json::field("DryRun", &S::dry_run, json::Emit::always),
                      json::field("DeleteLabel", &S::delete_label, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const LabelRequest&) const = default;
};

struct DeleteLabelRequest {
  std::string selector, ns;
  std::vector<std::string> args;
  std::string label_cmd_label, client_version;

  static constexpr auto fields() {
    using S = DeleteLabelRequest;
    return std::tuple{json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Args", &S::args, json::Emit::always),
                      json::field("LabelCmdLabel", &S::label_cmd_label, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const DeleteLabelRequest&) const = default;
};

struct LabelResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = LabelResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const LabelResponse&) const = default;
};

}  // namespace pgo::model::rest
