#include "app.h"
#include "cases.h"
#include "pgo/base/text.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <unistd.h>

using namespace pgo;
using test::RecordedCase;

namespace {

/// Answers as recorded and keeps what was asked.
class RecordedServer final : public cli::RestClient {
 public:
  struct Asked {
    std::string method, path, body;
  };
  RecordedServer(const json::Array& exchanges, std::vector<Asked>& asked)
      : exchanges_(&exchanges), asked_(&asked) {}

  Result<Answer> send(const std::string& method, const std::string& path,
                      const std::string& body) override {
    asked_->push_back({method, path, body});
    if (asked_->size() > exchanges_->size()) {
      return fail(Code::unavailable, "more requests than recorded");
    }
    const json::Value& exchange = (*exchanges_)[asked_->size() - 1];
    const json::Value& answer = exchange["answer"];
    return Answer{static_cast<int>(exchange["status"].as_int()),
                  answer.is_string() ? std::string(answer.as_string()) : json::write(answer)};
  }

 private:
  const json::Array* exchanges_;
  std::vector<Asked>* asked_;
};

struct Run {
  int code = 0;
  std::string out, errors;
  std::vector<RecordedServer::Asked> asked;
};

/// Words between blanks; single quotes keep what is between them together.
std::vector<std::string> shell_words(std::string_view command) {
  std::vector<std::string> words;
  bool quoted = false, open = false;
  for (const char c : command) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    if (c != '\'') words.back() += c;
  }
  return words;
}

/// The file that the command read, with what was sent of it.
std::string file_of(const RecordedCase& recorded) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("pgo-contract-" + std::to_string(::getpid()));
  std::ofstream(path) << recorded.exchanges().front()["body"]["SQL"].as_string();
  return path.string();
}

using Environment = std::map<std::string, std::string>;

/// What the client of a case found in its environment.
Environment environment_of(const RecordedCase& recorded) {
  Environment environment = {{"PGO_APISERVER_URL", "http://server:8080"},
                             {"PGOUSERNAME", "pgoadmin"},
                             {"PGOUSERPASS", "examplepassword"},
                             {"DISABLE_TLS", "true"},
                             {"HOME", "/nonexistent"},
                             {"PGO_STATE_DIR", "/nonexistent"}};
  if (recorded.name == "cli-no-url") environment.erase("PGO_APISERVER_URL");
  if (recorded.name == "auth-no-credentials") {
    environment.erase("PGOUSERNAME");
    environment.erase("PGOUSERPASS");
  }
  if (recorded.name.starts_with("cli-no-c")) {
    environment.erase("DISABLE_TLS");
    environment["PGO_APISERVER_URL"] = "https://server:8443";
  }
  if (recorded.name == "cli-no-client-cert") environment["PGO_CA_CERT"] = "cases/version.json";
  return environment;
}

/// "A=b pgo show cluster x   # stdin: 'no\n'" into environment and words.
Run run(const RecordedCase& recorded) {
  std::string command(recorded.command());
  std::string typed;
  if (const std::size_t comment = command.find("   #"); comment != command.npos) {
    if (command.find("no\\n", comment) != command.npos) typed = "no\n";
    command.resize(comment);
  }
  Environment environment = environment_of(recorded);
  std::vector<std::string> words;
  for (const std::string& word : shell_words(command)) {
    if (words.empty() && word.find('=') != word.npos) {
      environment[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    } else if (word.starts_with("--in-file=") && !recorded.exchanges().empty()) {
      words.push_back("--in-file=" + file_of(recorded));
    } else {
      words.push_back(word);
    }
  }
  words.erase(words.begin());
  environment.erase("PGOUSER");

  Run result;
  std::istringstream in(typed);
  std::ostringstream out, errors;
  const SystemClock clock;
  cli::App app({.in = &in,
                .out = &out,
                .errors = &errors,
                .environment = [&](const char* name) -> std::optional<std::string> {
                  const auto found = environment.find(name);
                  if (found == environment.end()) return std::nullopt;
                  return found->second;
                },
                .connect = [&](const cli::Settings&) -> Result<std::unique_ptr<cli::RestClient>> {
                  return std::make_unique<RecordedServer>(recorded.exchanges(), result.asked);
                },
                .clock = &clock,
                .pause = {}});
  result.code = app.run(words);
  result.out = out.str();
  result.errors = errors.str();
  return result;
}

std::map<std::string, std::string> query_of(const std::string& path) {
  std::map<std::string, std::string> query;
  const std::size_t mark = path.find('?');
  if (mark == path.npos) return query;
  for (const std::string& pair : text::split(path.substr(mark + 1), '&')) {
    const std::size_t equals = pair.find('=');
    query[pair.substr(0, equals)] =
        text::percent_decode(pair.substr(equals + 1)).value_or("undecodable");
  }
  return query;
}

/// Where a volume is restored to is drawn by the client.
std::string without_volume(std::string body) {
  const std::size_t at = body.find("\"ToPVC\":\"");
  if (at == body.npos) return body;
  const std::size_t end = body.find('"', at + 9);
  return body.replace(end - 4, 4, "SUFX");
}

void check_requests(const RecordedCase& recorded, const Run& done) {
  REQUIRE(done.asked.size() == recorded.exchanges().size());
  for (std::size_t i = 0; i < done.asked.size(); ++i) {
    const json::Value& exchange = recorded.exchanges()[i];
    const std::string path(exchange["path"].as_string());
    CHECK(done.asked[i].method == exchange["method"].as_string());
    CHECK(done.asked[i].path.substr(0, done.asked[i].path.find('?')) ==
          path.substr(0, path.find('?')));
    CHECK(query_of(done.asked[i].path) == query_of(path));
    if (exchange["body"].is_null()) {
      CHECK(done.asked[i].body.empty());
    } else {
      // Byte for byte the order of keys too: a server may read it as a stream.
      CHECK(without_volume(done.asked[i].body) ==
            without_volume(json::write(exchange["body"], json::Style::compact, json::Escapes::go)));
    }
  }
}

/// A line with its parts in a fixed order where 4.2.0's order was left to chance.
std::string settled(const std::string& line) {
  std::string_view prefix = "\tlabels : ";
  if (!line.starts_with(prefix)) return line;
  auto labels = text::split_list(line.substr(prefix.size()), ' ');
  std::ranges::sort(labels);
  return text::join(labels, " ");
}

/// Lines of maps that 4.2.0 printed in random order, as a set.
bool is_unordered(const RecordedCase& recorded) {
  return recorded.name.starts_with("show-workflow") || recorded.name.starts_with("status");
}

void check_output(const RecordedCase& recorded, const Run& done) {
  std::vector<std::string> theirs, ours;
  bool wording = false;
  for (const json::Value& line : recorded.stdout_lines()) {
    wording = wording || line.as_string() == "*";
    theirs.push_back(settled(std::string(line.as_string())));
  }
  if (wording) return;
  auto lines = text::split(done.out, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const std::string& line : lines) ours.push_back(settled(line));
  if (is_unordered(recorded)) {
    std::ranges::sort(theirs);
    std::ranges::sort(ours);
  }
  CHECK(ours == theirs);
}

std::string_view code_of(const json::Value& answer) {
  return answer["status"].is_object() ? answer["status"]["Code"].as_string()
                                      : answer["Code"].as_string();
}

int expected_code(const RecordedCase& recorded) {
  for (const json::Value& exchange : recorded.exchanges()) {
    if (exchange["status"].as_int() != 200 || code_of(exchange["answer"]) != "ok") {
      return cli::kFailed;
    }
  }
  return cli::kDone;
}

/// Cases that end differently with us; the reason is in differences.md.
const std::set<std::string, std::less<>> kOtherwise = {
    "create-cluster-bad-underscore-name",  // the server judges names, not the client
    "create-cluster-bad-uppercase-name",
    "delete-cluster-selector",          // a selector alone works
    "auth-two-roles",                   // a command that is not there yet
    "create-schedule-unknown-cluster",  // a failure
    "restore-pgdump-no-pvc",            // the client asks for the claim's name
    "update-cluster-unknown",           // K9: neither on nor off is nothing to update
    "version-client-only",              // works
    "cli-prompt-eof",                   // O16, with a command that is not there yet
    "cli-bad-url",                      // fails once it asks, see below
    "delete-backup-pgdump",             // O8
};

/// Commands whose requests and output are compared.
constexpr const char* kCompared[] = {"clone",           "restore-",         "backup-",
                                     "show-backup",     "create-cluster-",  "delete-cluster-",
                                     "scale",           "show-cluster",     "show-workflow",
                                     "test-",           "status",           "version",
                                     "auth-",           "failover-",        "create-schedule",
                                     "show-schedule",   "delete-schedule",  "apply-",
                                     "create-policy-",  "delete-policy",    "show-policy",
                                     "update-cluster-", "create-pgbouncer", "delete-pgbouncer"};

/// What is refused without asking the server.
constexpr const char* kRefused[] = {"clone-one-arg",
                                    "restore-answer-no",
                                    "create-cluster-noargs",
                                    "create-cluster-unknown-flag",
                                    "backup-noargs",
                                    "backup-bad-type",
                                    "scaledown-no-target",
                                    "show-cluster-noargs",
                                    "delete-cluster-answer-no",
                                    "create-policy-missing-file",
                                    "create-schedule-bad-cron",
                                    "create-schedule-missing-cron",
                                    "create-schedule-bad-backup-type",
                                    "create-schedule-missing-backup-type",
                                    "auth-no-credentials",
                                    "cli-no-url",
                                    "cli-no-ca",
                                    "cli-no-client-cert",
                                    "cli-show-no-resource",
                                    "cli-unknown-command"};

}  // namespace

TEST_CASE("contract: the client sends what 4.2.0's sent and prints what it printed") {
  for (const char* prefix : kCompared) {
    for (const RecordedCase& recorded : test::recorded_cases(prefix)) {
      if (recorded.exchanges().empty() || kOtherwise.contains(recorded.name)) continue;
      CAPTURE(recorded.name);
      const Run done = run(recorded);
      check_requests(recorded, done);
      const bool empty_for_a_name =
          done.errors.starts_with("Error: there is no ");  // 4.2.0: exit 0
      if (!empty_for_a_name) CHECK(done.code == expected_code(recorded));
      if (done.code == cli::kDone) {
        check_output(recorded, done);
        CHECK(done.errors.find("Error") == std::string::npos);
      } else {
        CHECK(done.errors.starts_with("Error: "));
        CHECK(done.out.empty());
      }
    }
  }
}

TEST_CASE("contract: what 4.2.0 refused without asking the server is refused likewise") {
  for (const char* name : kRefused) {
    const RecordedCase recorded = test::recorded_case(name);
    CAPTURE(recorded.name);
    REQUIRE(recorded.exchanges().empty());
    const Run done = run(recorded);
    CHECK(done.asked.empty());
    CHECK(done.code == (recorded.name.ends_with("-answer-no") ? cli::kDone : cli::kUsage));
  }
}

TEST_CASE("contract: a server that cannot be reached is a failure, not a set-up error") {
  const Run done = run(test::recorded_case("cli-bad-url"));
  CHECK(done.code == cli::kFailed);
  CHECK(done.errors.starts_with("Error: "));
}

TEST_CASE("contract: no recorded case lies unused") {
  for (const RecordedCase& recorded : test::recorded_cases("")) {
    CAPTURE(recorded.name);
    const bool compared = !recorded.exchanges().empty() &&
                          std::ranges::any_of(kCompared, [&](std::string_view prefix) {
                            return recorded.name.starts_with(prefix);
                          });
    const bool refused =
        std::ranges::find(kRefused, std::string_view(recorded.name)) != std::end(kRefused);
    // Requests that no client sent are asked of the server.
    CHECK((compared || refused || recorded.name.starts_with("rest-") ||
           kOtherwise.contains(recorded.name)));
  }
}
