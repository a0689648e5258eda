#pragma once

#include "cases.h"
#include "pgo/server/rest_service.h"
#include "request_world.h"

#include <memory>
#include <string_view>
#include <vector>

/// The recorded exchanges of 4.2.0 asked of our server.
namespace pgo::test {

/// A service over a world as the recordings found theirs.
struct Replay {
  Replay();
  http::Response ask(const json::Value& exchange) const;

  RequestWorld world;
  std::unique_ptr<server::RestService> rest;
};

json::Value json_of(const http::Response& response);
std::string_view code_of(const json::Value& answer);

/// Same status, challenge, keys and values.
void check_answer(const json::Value& exchange, const http::Response& response,
                  const std::vector<std::string_view>& ignored = {});

/// The objects that the apiserver of 4.2.0 wrote are there, with the same labels and specs.
void check_writes(Replay& replay, const RecordedCase& recorded,
                  std::string_view also_ignored = "uid");

}  // namespace pgo::test
