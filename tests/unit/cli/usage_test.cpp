#include "cli_world.h"
#include "pgo/json/value.h"

#include <doctest/doctest.h>

using namespace pgo;
using test::CliWorld;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("usage: wrong words and flags end with 2, name the nearest right one, and send nothing") {
  struct Case {
    std::vector<std::string> words;
    const char* told;
  };
  const Case cases[] = {
      {{"crete"}, "\"create\""},
      {{"create", "clutser", "x"}, "\"cluster\""},
      {{"label", "x", "--label=a=b"}, "command \"label\" for \"pgo\". See"},
      {{"create", "user", "x", "--username=u"}, "command \"user\""},
      {{"show", "cluster", "--al"}, "\"--all\""},
      {{"show", "cluster", "--nosuchflag", "x"}, "--nosuchflag"},
      {{"create", "cluster", "x", "--series=many"}, "--series"},
      {{"create", "cluster", "x", "--replica-count", "99999999999"}, "--replica-count"},
      {{"create", "cluster", "x", "--sync-replication=maybe"}, "--sync-replication"},
      {{"create", "cluster", "x", "--password"}, "--password needs a value."},
      {{"create", "cluster", "x", "--series="}, "--series needs a value."},
      {{"create", "cluster", "x", "-e="}, "--series"},
      {{"create", "cluster", "x", "-q=5"}, "-q"},
      {{"delete", "cluster", "x", "-d=maybe"}, "--delete-data"},
      {{"create", "cluster", "x", "-w"}, "--password needs a value."},
      {{"create", "cluster", ""}, "is empty"},
      {{"delete", "cluster", ""}, "is empty"},
      {{"delete", "cluster", "x", "", "--no-prompt"}, "is empty"},
      {{"test", ""}, "is empty"},
      {{"show", "cluster", ""}, "is empty"},
      {{"scale", "", "--no-prompt"}, "is empty"},
      {{"show", "cluster", "x", "-n"}, "--namespace needs a value."},
      {{"create", "schedule", "x", "--schedule-type=pgbackrest"}, "--schedule,"},
      {{"create", "schedule", "x", "--schedule=a b"}, "--schedule: "},
      {{"failover", "x", "--query", "--target=y"}, "--query"},
      {{"failover", "x", "--query", "--wait"}, "--query"},
      {{"scaledown", "x", "--query", "--target=y"}, "--query"},
      {{"create", "policy", "p", "--in-file=/dev/null", "--url=http://x"}, "--url"},
      {{"backup", "x", "--selector=a=b"}, "names or --selector."},
      {{"create", "cluster", "x", "--pgbouncer-pass=p"}, "--pgbouncer"},
      {{"create", "cluster"}, "cluster"},
      {{"create", "cluster", "a", "b"}, "--series"},
      {{"show"}, "show"},
      {{"show", "cluster"}, "--all"},
      {{"show", "cluster", "x", "-o", "xml"}, "xml"},
      {{"show", "cluster", "x", "--all"}, "--all"},
      {{"show", "cluster", "x", "--selector=a=b"}, "--selector"},
      {{"show", "policy", "x", "--all"}, "--all"},
      {{"show", "schedule", "x", "--selector=a=b"}, "names or --selector"},
      {{"test", "x", "--all"}, "--all"},
      {{"test", "x", "--selector=a=b"}, "--selector"},
      {{"test", "--all", "--selector=a=b"}, "--selector"},
      {{"show", "workflow"}, "workflow"},
      {{"delete", "cluster"}, "--all"},
      {{"delete", "cluster", "x", "--all"}, "--all"},
      {{"delete", "cluster", "x", "--selector=a=b", "--no-prompt"}, "--selector"},
      {{"delete", "cluster", "--all", "--selector=a=b", "--no-prompt"}, "--selector"},
      {{"delete", "schedule", "x", "--schedule-name=y", "--no-prompt"}, "--schedule-name"},
      {{"update", "cluster", "x", "--all", "--enable-autofail"}, "--all"},
      {{"backup", "x", "--selector=a=b"}, "--selector"},
      {{"backup", "x", "--backup-type=pgdump", "--pgbackrest-storage-type=s3"}, "pgbackrest"},
      {{"restore", "x", "--backup-type=pgdump", "--backup-pvc=p", "--wait"}, "--wait"},
      {{"create", "schedule", "x", "--selector=a=b", "--schedule=@daily"}, "--selector"},
      {{"create", "schedule", "x", "--schedule=@daily", "--schedule-type=pgbackrest",
        "--pgbackrest-backup-type=full", "--policy=p"},
       "--policy"},
      {{"create", "schedule", "x", "--schedule=@daily", "--schedule-type=policy", "--policy=p",
        "--database=d", "--schedule-opts=--repo1-retention-full=1"},
       "--schedule-opts"},
      {{"scale"}, "cluster"},
      {{"scale", "x", "--replica-count=0"}, "--replica-count"},
      {{"scaledown", "x"}, "--target"},
      {{"test"}, "--all"},
      {{"version", "extra"}, "extra"},
      {{"completion", "tcsh"}, "tcsh"},
      {{"help", "nosuch"}, "nosuch"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.words.back());
    CliWorld world;
    world.run(one.words);
    CHECK(world.code == 2);
    CHECK(has(world.errors, one.told));
    CHECK(world.errors.starts_with("Error: "));
    CHECK(world.out.empty());
    CHECK(world.requests.empty());
  }
}

TEST_CASE("usage: flags and names may be mixed, global flags stand anywhere, -- ends flags") {
  CliWorld world;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"-n", "team2", "show", "cluster", "hippo"},
        {"show", "-nteam2", "cluster", "hippo"},
        {"show", "cluster", "hippo", "--namespace=team2"},
        {"show", "cluster", "--namespace", "team2", "--", "hippo"}}) {
    CAPTURE(words.size());
    world.run(words);
    REQUIRE(world.bodies.size() == 1);
    const auto body = json::parse(world.bodies.front());
    CHECK((*body)["namespace"].as_string() == "team2");
    CHECK((*body)["clustername"].as_string() == "hippo");
  }
}

TEST_CASE("usage: a short flag takes its value with, without and after =, as in 4.2.0") {
  CliWorld world;
  world.server = [](auto&&...) {
    return cli::RestClient::Answer{
        200, R"({"results":[],"Results":[],"status":{"Code":"ok","Msg":""},"Code":"ok"})"};
  };
  const auto password = [&](std::vector<std::string> flags) {
    std::vector<std::string> words = {"create", "cluster", "x", "-o=json"};
    words.insert(words.end(), flags.begin(), flags.end());
    world.run(words);
    REQUIRE(world.bodies.size() == 1);
    CHECK(json::parse(world.out).has_value());
    return std::string((*json::parse(world.bodies.front()))["Password"].as_string());
  };
  CHECK(password({"-w=secret"}) == "secret");
  CHECK(password({"-wsecret"}) == "secret");
  CHECK(password({"-w", "secret"}) == "secret");
  CHECK(password({"-w==secret"}) == "=secret");
  CHECK(password({"-w", "=secret"}) == "=secret");
  CHECK(password({"-w", "-n=secret"}) == "-n=secret");
  CHECK(password({"--password", "-n=secret"}) == "-n=secret");
  CHECK(password({"-w=", "--labels=", "-l="}) == "");
  CHECK(password({"-w", "", "--labels", ""}) == "");

  world.run({"-n=team2", "delete", "cluster", "x", "-d=false", "--no-prompt"});
  REQUIRE(world.bodies.size() == 1);
  CHECK(world.bodies.front().find("\"Namespace\":\"team2\"") != std::string::npos);
  CHECK(world.code == 0);
  world.run({"delete", "cluster", "x", "--no-prompt", "-bdo=json"});
  CHECK(world.bodies.size() == 1);
  CHECK(json::parse(world.out).has_value());
  world.run({"delete", "cluster", "x", "--no-prompt", "-bd=true"});
  CHECK(has(world.errors, "--delete-data"));
  CHECK(has(world.errors, "--delete-backups"));
  world.run({"show", "cluster", "-h=true"});
  CHECK(has(world.out, "Usage:"));
  world.run({"show", "cluster", "--", "-o=json"});
  CHECK(has(world.errors, "there is no cluster -o=json"));
}

TEST_CASE("usage: a flag is of one type in every command, and a switch of a letter one switch") {
  std::map<std::string, cli::FlagType> types;
  std::map<char, std::string> switches;
  for (const cli::Command& command : cli::commands()) {
    CAPTURE(command.path);
    for (const cli::Flag& flag : command.flags) {
      CAPTURE(flag.name);
      CHECK(types.emplace(flag.name, flag.type).first->second == flag.type);
      if (flag.short_name == 0) continue;
      const bool is_switch = flag.type == cli::FlagType::boolean;
      const std::string meant = is_switch ? std::string(flag.name) : "a value";
      CHECK(switches.emplace(flag.short_name, meant).first->second == meant);
    }
  }
}

TEST_CASE("usage: a name may be that of a command") {
  CliWorld world;
  world.run({"test", "show"});
  REQUIRE(world.bodies.size() == 1);
  CHECK((*json::parse(world.bodies.front()))["Clustername"].as_string() == "show");
}

TEST_CASE("usage: a switch takes a value only after =") {
  CliWorld world;
  world.server = [](auto&&...) {
    return cli::RestClient::Answer{200, R"({"results":[],"status":{"Code":"ok","Msg":""}})"};
  };
  const auto sync = [&](std::vector<std::string> words) {
    world.run(std::move(words));
    REQUIRE(world.bodies.size() == 1);
    return (*json::parse(world.bodies.front()))["SyncReplication"];
  };
  CHECK(sync({"create", "cluster", "x"}).is_null());
  CHECK(sync({"create", "cluster", "--sync-replication", "x"}) == json::Value(true));
  CHECK(sync({"create", "cluster", "--sync-replication=false", "x"}) == json::Value(false));
  CHECK(sync({"create", "cluster", "--sync-replication=T", "x"}) == json::Value(true));
}

TEST_CASE("help: every command has a summary and, if it does something, an example that parses") {
  for (const cli::Command& command : cli::commands()) {
    CAPTURE(command.path);
    CHECK_FALSE(command.summary.empty());
    if (command.hidden) continue;
    CHECK_FALSE(command.example.empty());
    const std::string text = cli::help_text(&command);
    CHECK(has(text, command.example));
    for (const cli::Flag& flag : command.flags) {
      CAPTURE(flag.name);
      CHECK(flag.help.empty() == !flag.deprecated.empty());
      CHECK(has(text, "--" + std::string(flag.name)) == flag.deprecated.empty());
    }
  }
}

TEST_CASE("help: the ways of a flag that has few are told") {
  const std::string text = cli::help_text(cli::find_command("create cluster"));
  CHECK(has(text, "required, preferred or disabled"));
}

TEST_CASE("help: needs no server and no environment") {
  CliWorld world;
  world.environment.clear();
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"--help"},
                                                {"show", "-h"},
                                                {"create", "cluster", "--help"},
                                                {"help", "create", "cluster"}}) {
    world.run(words);
    CHECK(world.code == 0);
    CHECK(has(world.out, "Usage:"));
  }
}

TEST_CASE("version: as a document it holds both versions") {
  CliWorld world;
  world.server = [](auto&&...) {
    return cli::RestClient::Answer{
        200, R"({"Status":{"Code":"ok","Msg":""},"Version":"4.2.1","Code":"ok","Msg":""})"};
  };
  world.run({"version", "-o", "json"});
  CHECK(world.code == 0);
  CHECK(*json::parse(world.out) ==
        json::Value::object({{"ClientVersion", "4.2.0"}, {"ServerVersion", "4.2.1"}}));
  CHECK(world.errors.empty());
  world.run({"version", "--client", "-o", "yaml"});
  CHECK(world.out == "ClientVersion: 4.2.0\n");
  world.run({"version", "-o", "wide"});
  CHECK(world.out == "pgo client version 4.2.0\npgo-apiserver version 4.2.1\n");
}

TEST_CASE("version: --client asks nobody") {
  CliWorld world;
  world.environment.clear();
  world.run({"version", "--client"});
  CHECK(world.code == 0);
  CHECK(world.out == "pgo client version 4.2.0\n");
  CHECK(world.requests.empty());
}

TEST_CASE("old flags are accepted, hidden, and say so on stderr") {
  CliWorld world;
  world.run({"delete", "cluster", "x", "--delete-data", "-b", "--no-prompt"});
  CHECK(world.code == 0);
  CHECK(has(world.errors, "--delete-data"));
  CHECK(has(world.errors, "--delete-backups"));
  CHECK((*json::parse(world.bodies.front()))["DeleteData"].as_bool());
}

TEST_CASE("completion: every shell's script knows every visible command and flag") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = cli::completion_script(shell);
    REQUIRE(script.has_value());
    for (const cli::Command& command : cli::commands()) {
      CAPTURE(command.path);
      CHECK(has(*script, command.hidden ? "__complete" : command.path));
      for (const cli::Flag& flag : command.flags) {
        CAPTURE(flag.name);
        const std::string dashes = std::string(shell) == "fish" ? "-l " : "--";
        if (flag.deprecated.empty()) CHECK(has(*script, dashes + std::string(flag.name)));
      }
    }
  }
}

TEST_CASE("completion: the hidden helper prints the names of the clusters") {
  CliWorld world;
  world.server = [](auto&&...) {
    return cli::RestClient::Answer{200, R"({"Results":[{"cluster":{"metadata":{"name":"hippo"}}},
                            {"cluster":{"metadata":{"name":"rhino"}}}],"Code":"ok","Msg":""})"};
  };
  world.run({"__complete", "clusters"});
  CHECK(world.out == "hippo\nrhino\n");
}
