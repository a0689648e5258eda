#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the upgrade and reload routes.
namespace pgo::model::rest {

struct CreateUpgradeRequest {
  std::vector<std::string> args;
  std::string selector, ns, ccp_image_tag, client_version;

  static constexpr auto fields() {
    using S = CreateUpgradeRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("CCPImageTag", &S::ccp_image_tag, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const CreateUpgradeRequest&) const = default;
};

struct CreateUpgradeResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreateUpgradeResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreateUpgradeResponse&) const = default;
};

struct ReloadResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = ReloadResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ReloadResponse&) const = default;
};

struct ReloadRequest {
  std::string ns;
  std::vector<std::string> args;
  std::string selector;

  static constexpr auto fields() {
    using S = ReloadRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Args", &S::args, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always)};
  }
  bool operator==(const ReloadRequest&) const = default;
};

}  // namespace pgo::model::rest
