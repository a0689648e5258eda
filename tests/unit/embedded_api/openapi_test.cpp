#include "unit/embedded_api/api_fixture.h"

namespace pgo::embedded {
namespace {

TEST_SUITE("embedded.api.openapi") {
  // The "@" of the name that is asked for is none of the characters that Go reads in a media type.
  TEST_CASE("openapi: version 2 is answered under a name that kubectl 1.20 of Debian 12 can read") {
    const ApiFixture api;
    kube::Request request;
    request.path = "/openapi/v2";
    request.accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const kube::Response answer = api.admin->request(request).value();
    CHECK(answer.status == 200);
    CHECK(answer.content_type == "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  }
}

}  // namespace
}  // namespace pgo::embedded
