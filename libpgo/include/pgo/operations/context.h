#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/kube/client.h"
#include "pgo/model/config.h"
#include "pgo/operations/reader.h"

#include <string>
#include <vector>

namespace pgo::manifests {
class Renderer;
}

/// One request each: check it fully, read, write custom resources, answer. Nothing here waits or
/// loops; what the request asks for is done later by the plan. All functions are thread safe and
/// block for as long as the API takes. Refusals are `invalid_argument` or `failed_precondition`
/// whose message says what is wrong, with which field, and what to do; nothing has been written
/// then.
namespace pgo::operations {

/// What every operation works with. A view: the objects behind it outlive the call.
struct Context {
  kube::Client client;          ///< writes go here
  Reader& reader;               ///< reads come from here
  const model::Config& config;  ///< pgo.yaml
  const Clock& clock;
  IdSource& ids;
  Log log;
  std::string operator_namespace;  ///< where users, roles and settings live
  std::string installation_name;   ///< namespaces with this label belong to us
  /// When the operator started, for `pgo status` where it runs in no pod.
  TimePoint started{};
  /// Names of the images that the nodes can run; empty = any. See OperatorOptions::images.
  std::vector<std::string> images{};
  /// The object templates; null: the built-in ones.
  const manifests::Renderer* renderer = nullptr;
};

/// Who makes a request.
struct Caller {
  std::string user;
  std::vector<std::string> namespaces;  ///< allowed ones; empty = every one of the installation
  std::vector<std::string> roles;
};

}  // namespace pgo::operations
