#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>

/// Messages of `/version`.
namespace pgo::model::rest {

struct VersionResponse {
  std::string version;
  Status status;

  static constexpr auto fields() {
    using S = VersionResponse;
    return std::tuple{json::field("Version", &S::version, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const VersionResponse&) const = default;
};

}  // namespace pgo::model::rest
