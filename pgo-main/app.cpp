#include "app.h"

#include "commands.h"
#include "documents.h"
#include "pgo/base/text.h"
#include "pgo/yaml/yaml.h"
#include "plan_text.h"

#include <algorithm>
#include <istream>
#include <ostream>

namespace pgo::cli {

App::App(Host host) : host_(std::move(host)), output_(*host_.out, *host_.errors, host_.traits) {}

int App::run(std::span<const std::string> arguments) {
  auto parsed = parse_command_line(arguments);
  if (!parsed) return report(parsed.error());
  if (parsed->help || parsed->command == nullptr) {
    output_.write(help_text(parsed->command));
    return finish(kDone);
  }
  if (!parsed->command->run) {
    output_.error("what should be acted on is missing after \"pgo " +
                  std::string(parsed->command->path) + "\".");
    output_.notice(help_text(parsed->command));
    return kUsage;
  }
  arguments_ = std::move(parsed->arguments);
  return run_command(*parsed->command);
}

int App::run_command(const Command& command) {
  for (const Flag& flag : command.flags) {
    if (!flag.deprecated.empty() && arguments_.given(flag.name)) {
      output_.notice("Notice: --" + std::string(flag.name) +
                     " is old: " + std::string(flag.deprecated));
    }
  }
  dry_run_ = command.tries && arguments_.boolean(dry_run_flag().name);
  auto format = output_format(arguments_);
  if (!format) return report(format.error());
  format_ = *std::move(format);
  if (format_ == "json" || format_ == "yaml") output_.keep_for_documents();
  ns_ = namespace_setting(arguments_, host_.environment);
  gathers_ = command.gathers;
  const int code = command.run(*this, arguments_);
  gathers_ = false;
  if (gathered_) document(*gathered_);
  return finish(code);
}

int App::finish(int code) {
  output_.flush();
  if (output_.written()) return code;
  // "pgo ... | head" has what it wants.
  if (!output_.reader_gone()) output_.error("cannot write the output.");
  return std::max<int>(code, kFailed);
}

Result<RestClient*> App::client() {
  if (!client_) {
    PGO_TRY(const Settings settings, connection_settings(arguments_, host_.environment));
    PGO_TRY(client_, host_.connect(settings));
  }
  return client_.get();
}

Result<json::Value> App::exchange(const std::string& method, const std::string& to,
                                  const std::string& body) {
  // A path of its own: a server without dry runs answers 404 and does nothing.
  const std::string path = dry_run_ ? std::string(model::rest::kDryRunPrefix) + to : to;
  PGO_TRY(RestClient * rest, client());
  if (arguments_.boolean("debug")) output_.notice("DEBUG " + method + " " + path);
  PGO_TRY(const RestClient::Answer answer, rest->send(method, path, body));
  if (arguments_.boolean("debug")) {
    output_.notice("DEBUG answer " + std::to_string(answer.status) + ", " +
                   std::to_string(answer.body.size()) + " bytes");
  }
  if (answer.status == 401) {
    return fail(Code::unauthenticated,
                "the apiserver does not accept these credentials (401); check PGOUSERNAME and "
                "PGOUSERPASS or the pgouser file.");
  }
  if (answer.status == 403) {
    return fail(Code::permission_denied,
                "the apiserver refuses (403): " + std::string(text::trim(answer.body)));
  }
  if (answer.status != 200) {
    return fail(Code::unavailable, "the apiserver answered with status " +
                                       std::to_string(answer.status) + " to " + method + " " +
                                       path + ".");
  }
  auto document = json::parse(answer.body);
  if (!document) {
    return fail(Code::unavailable, "the apiserver's answer to " + method + " " + path +
                                       " is no JSON; is this really the address of an apiserver?");
  }
  if (dry_run_ && (*document)["Steps"].is_array()) {
    print_plan(*document);
    return fail(Code::cancelled, "a dry run ends here");
  }
  if (output_.for_documents()) answer_ = *document;
  return document;
}

void App::document(const json::Value& answer) {
  if (!gathers_) {
    output_.document(format_ == "yaml"
                         ? yaml::write(answer)
                         : json::write(answer, json::Style::pretty, json::Escapes::go) + "\n");
  } else if (gathered_) {
    add_answer(*gathered_, answer);
  } else {
    gathered_ = answer;
  }
}

bool App::print_answer() { return print_document(*this, format_, answer_); }

void App::print_plan(const json::Value& answer) {
  if (print_document(*this, format_, answer)) return;
  const auto plan = read_answer<model::rest::DryRunResponse>(answer);
  if (!plan) return;
  print_stage(output_, plan->steps, plan->waits);
  for (const model::rest::PlanStage& stage : plan->later) {
    output_.line("After that, if nothing goes wrong:");
    print_stage(output_, stage.steps, stage.waits);
  }
  output_.line("Nothing was written.");
}

Result<json::Value> App::get(const std::string& path, const Query& query) {
  return exchange("GET", with_query(path, query));
}

std::string App::body_of(const json::Value& value) {
  return json::write(value, json::Style::compact, json::Escapes::go);
}

int App::report(const Error& error) {
  if (dry_run_ && error.code == Code::cancelled) return kDone;
  output_.error(error.message);
  return error.code == Code::invalid_argument ||
                 (error.code == Code::failed_precondition && error.http_status == 0)
             ? kUsage
             : kFailed;
}

bool App::confirm(std::string_view question) {
  if (dry_run_) return true;
  std::string line;
  while (true) {
    output_.write("WARNING: " + std::string(question) + " (yes/no): ");
    output_.flush();
    if (!std::getline(*host_.in, line)) {
      output_.line();
      return false;
    }
    const std::string answer = text::to_lower(text::trim(line));
    if (answer == "y" || answer == "yes") return true;
    if (answer == "n" || answer == "no") return false;
    output_.line("Please answer yes or no.");
  }
}

Result<void> accepted(std::string_view code, std::string_view message) {
  if (code == "ok") return {};
  Error error{.code = Code::failed_precondition, .message = std::string(message)};
  error.http_status = 200;
  return fail(std::move(error));
}

}  // namespace pgo::cli
