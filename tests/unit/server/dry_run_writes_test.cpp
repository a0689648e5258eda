#include "pgo/base/text.h"
#include "pgo/json/codec.h"
#include "pgo/manifests/render.h"
#include "pgo/model/names.h"
#include "pgo/server/rest_service.h"
#include "request_world.h"

#include <doctest/doctest.h>

// Each request that writes is tried: the plan tells of writes, and neither an object nor a pod
// notices.
using namespace pgo;
namespace types = kube::types;

namespace {

constexpr const char* kNs = "pgouser1";

struct Request {
  const char* method;
  std::string path;
  const char* body;  ///< without the members that all have
};

const std::vector<Request>& writing_requests() {
  static const std::string kQuery = "version=4.2.0&namespace=pgouser1";
  static const std::vector<Request> kRequests = {
      {"POST", "/clusters", R"("Name":"rhino","Series":1,"AutofailFlag":true)"},
      {"POST", "/clustersupdate", R"("Clustername":["hippo"],"Autofail":false)"},
      {"POST", "/clustersdelete",
       R"("Clustername":"hippo","DeleteData":true,"DeleteBackups":true)"},
      {"GET", "/clusters/scale/hippo?replica-count=1&" + kQuery, ""},
      {"GET", "/scaledown/hippo?replica-name=hippo-abcd&delete-data=true&" + kQuery, ""},
      {"POST", "/failover", R"("ClusterName":"hippo","Target":"hippo-abcd")"},
      {"POST", "/clone", R"("SourceClusterName":"hippo","TargetClusterName":"twin")"},
      {"POST", "/restore", R"("FromCluster":"hippo","ToPVC":"hippo-wxyz")"},
      {"POST", "/backrestbackup", R"("Args":["hippo"],"BackupOpts":"--type=full")"},
      {"POST", "/pgdumpbackup", R"("Args":["hippo"])"},
      {"POST", "/pgdumprestore", R"("FromCluster":"hippo","FromPVC":"backup-hippo-pgdump-pvc")"},
      {"GET", "/backupsdelete/hippo?" + kQuery, ""},
      {"POST", "/schedule",
       R"("ClusterName":"hippo","Schedule":"@daily","ScheduleType":"pgbackrest",)"
       R"("PGBackRestType":"incr")"},
      {"POST", "/scheduledelete", R"("ScheduleName":"hippo-pgbackrest-full")"},
      {"POST", "/policies", R"("Name":"fresh","SQL":"select 1")"},
      {"POST", "/policiesdelete", R"("PolicyName":"audit")"},
      {"POST", "/policies/apply", R"("Name":"audit","Selector":"name=hippo")"}};
  return kRequests;
}

class Service {
 public:
  Service() {
    auto made = server::RestService::create(world.context(),
                                            {.renderer = &manifests::Renderer::built_in()});
    REQUIRE(made.has_value());
    rest_ = *std::move(made);
    world.create("hippo");
    world.put_ready_pods(kNs, "hippo");
    kube::Object primary = *world.client().get(kube::types::kPod, kNs, "hippo-pod");
    primary.set_label(model::label::kDeploymentName, "hippo");
    REQUIRE(world.client().update(kube::types::kPod, primary));
    kube::Object deployment(kube::types::kDeployment, kNs, "hippo");
    deployment.set_label(model::label::kCluster, "hippo");
    deployment.set_label(model::label::kDatabase, model::kTrue);
    deployment.set_label(model::label::kDeploymentName, "hippo");
    deployment.document().set(
        "spec", *json::parse(R"({"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":
                {"labels":{"a":"b"}},"spec":{"containers":[{"name":"database","image":"i"}]}}})"));
    world.put(kube::types::kDeployment, deployment);
    world.put_instance(kNs, "hippo", "hippo-abcd", "replica");
    world.put_claim(kNs, "backup-hippo-pgdump-pvc");
    world.put_policy(kNs, "audit");
    const json::Value made_schedule =
        ask({"POST", "/schedule",
             R"("ClusterName":"hippo","Schedule":"@daily","ScheduleType":"pgbackrest",)"
             R"("PGBackRestType":"full")"},
            "");
    REQUIRE(made_schedule["Code"].as_string() == "ok");
  }

  json::Value ask(const Request& wanted, const std::string& prefix) {
    http::Request request;
    request.method = wanted.method;
    request.target = prefix + wanted.path;
    if (*wanted.body != '\0') {
      request.body =
          std::string("{") + wanted.body + R"(,"Namespace":"pgouser1","ClientVersion":"4.2.0"})";
    }
    request.peer_verified = true;
    request.headers.emplace_back("authorization",
                                 "Basic " + text::base64_encode("pgoadmin:examplepassword"));
    auto document = json::parse(rest_->answer(request).body);
    REQUIRE(document.has_value());
    return *std::move(document);
  }

  /// Greater after each write to anything.
  std::string revision() const {
    const auto list = world.client().list(types::kPgTask, kNs);
    REQUIRE(list.has_value());
    return list->resource_version;
  }

  test::RequestWorld world;

 private:
  std::unique_ptr<server::RestService> rest_;
};

}  // namespace

TEST_CASE("dry run: every request that writes tells its writes and makes none") {
  Service service;
  for (const Request& request : writing_requests()) {
    CAPTURE(request.path);
    const std::string before = service.revision();
    const std::size_t commands = service.world.execs.size();
    const json::Value answer = service.ask(request, "/dry-run");
    CHECK(answer["Msg"].as_string() == "");
    CHECK(answer["Code"].as_string() == "ok");
    CHECK_FALSE(answer["Steps"].items().empty());
    CHECK(service.revision() == before);
    CHECK(service.world.execs.size() == commands);
  }
}

TEST_CASE("dry run: what was tried can then be done") {
  for (const Request& request : writing_requests()) {
    CAPTURE(request.path);
    Service service;
    service.ask(request, "/dry-run");
    const std::string before = service.revision();
    const json::Value answer = service.ask(request, "");
    const json::Value& status = answer["status"].is_object() ? answer["status"] : answer;
    CHECK(status["Msg"].as_string() == "");
    CHECK(status["Code"].as_string() == "ok");
    CHECK(service.revision() != before);
  }
}
