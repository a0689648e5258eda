#include "pgo/operations/version.h"

#include "pgo/model/names.h"

#include <string>

namespace pgo::operations {

model::rest::VersionResponse show_version() {
  model::rest::VersionResponse response;
  response.version = std::string(model::fixed::kPgoVersion);
  response.status = {.code = "ok", .msg = ""};
  return response;
}

}  // namespace pgo::operations
