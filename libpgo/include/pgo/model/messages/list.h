#pragma once

#include "pgo/json/field.h"

#include <string>
#include <tuple>
#include <vector>

namespace pgo::model::rest {

/// A list of custom resources as Kubernetes answers it; 4.2.0 passed it on inside its messages.
template <typename T>
struct List {
  std::string kind, api_version;
  json::Value metadata = json::Object{};
  std::vector<T> items;

  static constexpr auto fields() {
    return std::tuple{json::field("kind", &List::kind),
                      json::field("apiVersion", &List::api_version),
                      json::field("metadata", &List::metadata, json::Emit::always),
                      json::field("items", &List::items, json::Emit::always_null_when_empty)};
  }
  bool operator==(const List&) const = default;
};

}  // namespace pgo::model::rest
