#include "cli_world.h"
#include "pgo/json/value.h"
#include "pgo/yaml/yaml.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

using namespace pgo;
using test::CliWorld;

namespace {

constexpr const char* kOk = R"({"Results":["done"],"Code":"ok","Msg":""})";

cli::RestClient::Answer answer(int status, const char* body) { return {status, body}; }

}  // namespace

TEST_CASE("exit codes: 1 for refusals and failures, the reason on stderr") {
  struct Case {
    int status;
    const char* body;
    int code;
    const char* told;
  };
  const Case cases[] = {
      {200, kOk, 0, ""},
      {200, R"({"Results":null,"Code":"error","Msg":"because"})", 1, "because"},
      {401, "no\n", 1, "401"},
      {403, "permission missing\n", 1, "permission missing"},
      {500, "", 1, "500"},
      {200, "<html>", 1, "no JSON"},
      {200, "", 1, "no JSON"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.body);
    CliWorld world;
    world.server = [&](auto&&...) { return answer(one.status, one.body); };
    world.run({"delete", "cluster", "x", "--no-prompt"});
    CHECK(world.code == one.code);
    CHECK(world.errors.find(one.told) != std::string::npos);
    CHECK(world.out == (one.code == 0 ? "done\n" : ""));
  }
}

TEST_CASE("exit codes: results that could not be written are a failure, told unless nobody reads") {
  for (const int reason : {ENOSPC, EPIPE}) {
    CAPTURE(reason);
    CliWorld world;
    world.write_fails_with = reason;
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"test", "--all"},
          {"delete", "cluster", "x", "--no-prompt", "-o", "json"},
          {"show", "--help"},
          {"help", "show"},
          {"completion", "bash"}}) {
      CAPTURE(words.front());
      world.run(words);
      CHECK(world.code == 1);
      CHECK(world.errors == (reason == EPIPE ? "" : "Error: cannot write the output.\n"));
    }
    world.run({"test", "--nosuch"});
    CHECK(world.code == 2);
  }
}

TEST_CASE("exit codes: an unreachable server is a failure that says which") {
  CliWorld world;
  world.server = [](auto&&...) -> Result<cli::RestClient::Answer> {
    return fail(Code::unavailable, "cannot reach http://server:8080");
  };
  world.run({"status"});
  CHECK(world.code == 1);
  CHECK(world.errors.find("http://server:8080") != std::string::npos);
}

TEST_CASE("O16: the end of input at a question counts as no") {
  for (const auto& [typed, agreed] : {std::pair{"", false},
                                      {"no\n", false},
                                      {"N\n", false},
                                      {"what\n", false},
                                      {"what\nyes\n", true},
                                      {"Y\n", true},
                                      {"yes", true},
                                      {"\n\n\n", false}}) {
    CAPTURE(typed);
    CliWorld world;
    world.typed = typed;
    world.run({"delete", "cluster", "hippo"});
    CHECK(world.requests.size() == (agreed ? 1U : 0U));
    CHECK(world.code == 0);
  }
  CliWorld world;
  world.run({"scale", "hippo"});
  CHECK(world.requests.empty());
  CHECK(world.code == 1);
}

TEST_CASE("delete: the question says what is lost, for each pair of keep flags") {
  CliWorld world;
  const auto question = [&](std::vector<std::string> flags) {
    std::vector<std::string> words = {"delete", "cluster", "hippo"};
    words.insert(words.end(), flags.begin(), flags.end());
    world.run(words);
    return world.out;
  };
  const std::string all = question({});
  const std::string data = question({"--keep-data"});
  const std::string backups = question({"--keep-backups"});
  const std::string both = question({"--keep-data", "--keep-backups"});
  CHECK(all.find("ALL DATA AND ALL BACKUPS") != std::string::npos);
  CHECK(all.find("hippo") != std::string::npos);
  world.run({"delete", "cluster", "all"});
  CHECK(world.out.find("EVERY cluster") != std::string::npos);
  world.run({"delete", "cluster", "--selector=env=dev"});
  CHECK(world.out.find("env=dev") != std::string::npos);
  CHECK(all != data);
  CHECK(data != backups);
  CHECK(backups != both);
}

TEST_CASE("delete: a selector alone sends one request, several names one each") {
  CliWorld world;
  world.run({"delete", "cluster", "--selector=env=dev", "--no-prompt"});
  REQUIRE(world.bodies.size() == 1);
  CHECK((*json::parse(world.bodies[0]))["Selector"].as_string() == "env=dev");
  CHECK((*json::parse(world.bodies[0]))["Clustername"].as_string() == "");
  world.run({"delete", "cluster", "a", "b", "--no-prompt"});
  CHECK(world.bodies.size() == 2);
}

TEST_CASE("queries are percent-encoded") {
  CliWorld world;
  world.run({"scale", "hippo", "--no-prompt", "--node-label=a=b&version=1", "-n", "x y"});
  REQUIRE(world.requests.size() == 1);
  CHECK(world.requests[0].find("node-label=a%3Db%26version%3D1") != std::string::npos);
  CHECK(world.requests[0].find("namespace=x%20y") != std::string::npos);
}

TEST_CASE("output: -o json is the whole answer, -o yaml the same document, wide one line each") {
  CliWorld world;
  const char* body = R"({"Results":[{"ClusterName":"hippo","Endpoints":[],"Instances":[
      {"Available":true,"Message":"hippo-1","InstanceType":"primary"}]}],"Code":"ok","Msg":""})";
  world.server = [&](auto&&...) { return answer(200, body); };
  world.run({"test", "hippo", "-o", "json"});
  CHECK(*json::parse(world.out) == *json::parse(body));
  CHECK(world.out.find("  \"Results\"") != std::string::npos);
  world.run({"test", "hippo", "-o", "yaml"});
  CHECK(world.out.find("ClusterName: hippo") != std::string::npos);
  world.run({"test", "hippo", "-o", "wide"});
  CHECK(world.out.find("hippo-1") != std::string::npos);
  CHECK(world.out.starts_with("CLUSTER"));
}

TEST_CASE("output: the answers for several names are one document") {
  CliWorld world;
  world.server = [](auto&&, auto&&, const std::string& body) {
    const bool hippo = body.find("hippo") != body.npos;
    const bool refused = body.find("refused") != body.npos;
    return cli::RestClient::Answer{200, std::string(R"({"Results":)") +
                                            (hippo ? R"([{"clustername":"hippo"}])" : "null") +
                                            R"(,"Code":")" + (refused ? "error" : "ok") +
                                            R"(","Msg":")" + (refused ? "because" : "") + R"("})"};
  };
  for (const char* format : {"json", "yaml"}) {
    for (const char* command : {"show", "test"}) {
      CAPTURE(command);
      std::vector<std::string> words = {"test", "hippo", "nope", "refused", "hippo", "-o", format};
      if (command == std::string("show")) {
        words = {"show", "cluster", "hippo", "nope", "refused", "hippo", "-o", format};
      }
      world.run(words);
      CHECK(world.code == 1);
      CHECK(world.errors.find("there is no cluster nope") != world.errors.npos);
      const auto document =
          format == std::string("json") ? json::parse(world.out) : yaml::parse(world.out);
      REQUIRE(document);
      CHECK((*document)["Results"].items().size() == 2);
      CHECK((*document)["Code"].as_string() == "error");
      CHECK((*document)["Msg"].as_string() == "because");
    }
  }
  world.server = [](auto&&...) {
    return cli::RestClient::Answer{200, R"({"Results":["done"],"Code":"ok","Msg":""})"};
  };
  world.run({"delete", "cluster", "a", "b", "--no-prompt", "-o", "json"});
  CHECK(world.code == 0);
  CHECK((*json::parse(world.out))["Results"].items().size() == 2);
}

TEST_CASE("output: -o wide of several names is one table with one header") {
  CliWorld world;
  const auto rows = [&](std::vector<std::string> words, const char* header) {
    words.insert(words.end(), {"hippo", "rhino", "-o", "wide"});
    world.run(words);
    CHECK(world.code == 0);
    CHECK(world.requests.size() == 2);
    CHECK(world.out.starts_with(header));
    return std::ranges::count(world.out, '\n');
  };
  world.server = [](auto&&...) {
    return answer(200, R"({"Results":[{"ClusterName":"x","Endpoints":[],"Instances":[
        {"Available":true,"Message":"x-1","InstanceType":"primary"}]}],"Code":"ok","Msg":""})");
  };
  CHECK(rows({"test"}, "CLUSTER") == 3);
  world.server = [](auto&&...) {
    return answer(200, R"({"Items":[{"name":"x","repositories":[{"storageType":"local",
        "status":"ok","backups":[]}]}],"Code":"ok","Msg":""})");
  };
  CHECK(rows({"show", "backup"}, "CLUSTER") == 3);
  world.server = [](auto&&...) {
    return answer(200, R"({"PolicyList":{"items":[{"metadata":{"name":"p"},"spec":{"name":"p",
        "sql":"select 1"}}]},"Code":"ok","Msg":""})");
  };
  CHECK(rows({"show", "policy"}, "NAME  SOURCE\np     SQL\n") == 3);
}

TEST_CASE("output: with -o json a command that writes prints the answer, and nothing beside it") {
  CliWorld world;
  world.traits = {.colour = true, .interactive = true};
  const auto answers = [&](const char* body) {
    world.server = [body](auto&&...) { return answer(200, body); };
  };
  answers(R"({"results":["created Pgcluster x","workflow id 1"],"status":{"Code":"ok","Msg":""}})");
  world.run({"create", "cluster", "x", "-o", "json"});
  CHECK(world.code == 0);
  CHECK((*json::parse(world.out))["results"][1].as_string() == "workflow id 1");
  answers(R"({"TargetClusterName":"y","WorkflowID":"2","Code":"ok","Msg":""})");
  world.run({"clone", "x", "y", "-o", "json"});
  CHECK((*json::parse(world.out))["WorkflowID"].as_string() == "2");
  answers(R"({"Code":"ok","Msg":""})");
  world.run({"create", "policy", "p", "--url=http://127.0.0.1/p.sql", "-o", "yaml"});
  CHECK(world.out.find("Code: ok") != std::string::npos);
  // The question is asked where it does not get into the document.
  answers(kOk);
  world.typed = "yes\n";
  world.run({"delete", "cluster", "x", "-o", "json"});
  CHECK((*json::parse(world.out))["Results"][0].as_string() == "done");
  CHECK(world.errors.find("Proceed?") != std::string::npos);
  // A refusal is in the document and, in words, beside it.
  answers(R"({"Results":null,"Code":"error","Msg":"because"})");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"scale", "x", "--no-prompt", "-o", "json"},
        {"show", "backup", "x", "-o", "json"},
        {"show", "cluster", "x", "-o", "json"},
        {"show", "policy", "x", "-o", "json"},
        {"show", "schedule", "x", "-o", "json"},
        {"show", "workflow", "x", "-o", "json"},
        {"scaledown", "x", "--query", "-o", "json"},
        {"failover", "x", "--query", "-o", "json"},
        {"explain", "x", "-o", "json"},
        {"status", "-o", "json"},
        {"test", "x", "-o", "json"}}) {
    CAPTURE(words.front());
    world.run(words);
    CHECK(world.code == 1);
    CHECK((*json::parse(world.out))["Msg"].as_string() == "because");
    CHECK(world.errors == "Error: because\n");
  }
  world.run({"scale", "x", "--no-prompt", "-o", "tea"});
  CHECK(world.code == 2);
  CHECK(world.requests.empty());
}

TEST_CASE("output: colour only where it is allowed") {
  CliWorld world;
  const char* body = R"({"Results":[{"ClusterName":"hippo","Endpoints":[
      {"Available":false,"Message":"x","InstanceType":"primary"}],"Instances":[]}],
      "Code":"ok","Msg":""})";
  world.server = [&](auto&&...) { return answer(200, body); };
  world.run({"test", "hippo"});
  CHECK(world.out.find('\x1b') == std::string::npos);
  world.traits.colour = true;
  world.run({"test", "hippo"});
  CHECK(world.out.find("\x1b[31mDOWN\x1b[0m") != std::string::npos);
}

TEST_CASE("show cluster: a cluster that is not there is a failure, no cluster at all is none") {
  CliWorld world;
  world.run({"show", "cluster", "nosuch"});
  CHECK(world.code == 1);
  CHECK(world.errors.find("nosuch") != std::string::npos);
  world.run({"show", "cluster", "--all"});
  CHECK(world.code == 0);
  world.run({"show", "cluster", "nosuch", "-o", "json"});
  CHECK(world.code == 1);
  CHECK(json::parse(world.out).has_value());
}

TEST_CASE("test: a cluster that is not there is a failure, none at all is none") {
  CliWorld world;
  world.run({"test", "nosuch"});
  CHECK(world.code == 1);
  CHECK(world.errors.find("nosuch") != std::string::npos);
  CHECK(world.out.empty());
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"test", "--all"}, {"test", "all"}, {"test", "--selector=a=b"}}) {
    world.run(words);
    CHECK(world.code == 0);
  }
}

TEST_CASE("exit codes: a clone or restore that fails while it is followed is a failure") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"clone", "x", "y", "--wait"},
        {"restore", "x", "--no-prompt", "--wait"}}) {
    CAPTURE(words.front());
    CliWorld world;
    world.server = [](const std::string&, const std::string& path, auto&&...) {
      if (path.starts_with("/workflow")) {
        return answer(200, R"({"Results":{"ClusterName":"y","Parameters":{"task failed":"now",
            "reason":"the disk is full"}},"Code":"ok","Msg":""})");
      }
      return answer(200, R"({"TargetClusterName":"y","WorkflowID":"2","Results":["workflow id 2"],
          "Code":"ok","Msg":""})");
    };
    world.run(words);
    CHECK(world.code == 1);
    CHECK(world.errors.find("the disk is full") != std::string::npos);
  }
}

TEST_CASE("exit codes: what matches no cluster is a failure that names what was asked for") {
  CliWorld world;
  world.run({"create", "schedule", "nope", "--schedule=@daily", "--schedule-type=pgbackrest",
             "--pgbackrest-backup-type=full"});
  CHECK(world.code == 1);
  CHECK(world.errors.find("there is no cluster nope in namespace team1") != std::string::npos);
  world.server = [](auto&&...) {
    return cli::RestClient::Answer{
        200, R"({"Results":["no clusters found that match the selector"],"Code":"ok","Msg":""})"};
  };
  for (const char* type : {"pgbackrest", "pgdump"}) {
    world.run({"backup", "--selector=nope=x", "--backup-type=" + std::string(type)});
    CHECK(world.code == 1);
    CHECK(world.errors.find("--selector=nope=x") != std::string::npos);
    CHECK(world.out.empty());
  }
}

TEST_CASE("--debug tells of exchanges and of no secret") {
  CliWorld world;
  world.server = [](auto&&...) {
    return answer(200, R"({"results":[],"status":{"Code":"ok","Msg":""}})");
  };
  world.run({"create", "cluster", "x", "--password=topsecret", "--debug"});
  CHECK(world.errors.find("POST /clusters") != std::string::npos);
  CHECK(world.errors.find("secret") == std::string::npos);
}

TEST_CASE("failover: with --wait it succeeds when the target leads, and fails with the reason") {
  const auto run = [](CliWorld& world, const char* status) {
    int looks = 0;
    world.server = [&, status](const std::string&, const std::string& path, auto&&...) {
      if (path.starts_with("/failover")) return answer(200, kOk);
      const std::string now = ++looks < 3 ? "" : status;
      return cli::RestClient::Answer{
          200, R"({"Results":{"ClusterName":"hippo","Parameters":{"status":")" + now +
                   R"(","message":"no good candidates"}},"Code":"ok","Msg":""})"};
    };
    world.run({"failover", "hippo", "--target=hippo-abcd", "--no-prompt", "--wait"});
    CHECK(world.requests.back().starts_with("GET /workflow/hippo-failover"));
  };
  CliWorld done, failed;
  run(done, "completed");
  CHECK(done.code == 0);
  CHECK(done.out.find("hippo-abcd leads hippo") != std::string::npos);
  run(failed, "failed");
  CHECK(failed.code == 1);
  CHECK(failed.errors.find("no good candidates") != std::string::npos);
}

TEST_CASE("failover: a target is named before anything is asked or sent") {
  CliWorld world;
  world.run({"failover", "hippo"});
  CHECK(world.code == 2);
  CHECK(world.requests.empty());
  CHECK(world.errors.find("--target") != std::string::npos);
}

TEST_CASE("failover: an unknown lag is no number, and preferred nodes are marked") {
  CliWorld world;
  world.server = [](auto&&...) {
    return answer(200, R"({"Results":[{"Name":"hippo-abcd","Node":"n2","PreferredNode":true,
        "ReplicationLag":-1,"Status":"running","Timeline":4}],"Code":"ok","Msg":""})");
  };
  world.run({"failover", "hippo", "--query", "-o", "wide"});
  CHECK(world.code == 0);
  CHECK(world.out.find("*n2") != std::string::npos);
  CHECK(world.out.find("unknown MB\t4") != std::string::npos);
  world.run({"failover", "hippo", "--query", "-o", "json"});
  CHECK(json::parse(world.out).has_value());
}
