#pragma once

#include "pgo/json/field.h"
#include "pgo/model/config.h"
#include "pgo/model/messages/common.h"

#include <tuple>

/// Messages of `/config`.
namespace pgo::model::rest {

struct ShowConfigResponse {
  Config result;
  Status status;

  static constexpr auto fields() {
    using S = ShowConfigResponse;
    return std::tuple{json::field("Result", &S::result, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowConfigResponse&) const = default;
};

}  // namespace pgo::model::rest
