#pragma once

#include "pgo/base/result.h"

#include <string>
#include <string_view>

namespace pgo::embedded::api {

inline constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";

/// Turns a body in the Kubernetes protobuf encoding into JSON. Recent kubectl sends its own small
/// objects (create namespace, auth can-i, create token ...) this way even to servers that speak
/// JSON. Kinds outside the table in protobuf.cpp are 415.
/// Source: Kubernetes, "API Concepts", Kubernetes Protobuf encoding; field numbers from the
/// published generated.proto files.
Result<std::string> protobuf_to_json(std::string_view body);

}  // namespace pgo::embedded::api
