#include "kube/websocket_exec.h"
#include "pgo/base/text.h"
#include "pgo/json/value.h"
#include "pgo/kube/client.h"

#include <utility>

namespace pgo::kube {

std::string_view to_string(ExecProtocol protocol) {
  return protocol == ExecProtocol::v4 ? "v4.channel.k8s.io" : "v5.channel.k8s.io";
}

std::string exec_path(const ExecRequest& request, ExecProtocol protocol) {
  std::string path = path_of(types::kPod, request.ns, request.pod, "exec");
  if (!request.container.empty()) add_query(path, "container", request.container);
  if (!request.stdin_data.empty()) add_query(path, "stdin", "true");
  add_query(path, "stdout", "true");
  add_query(path, "stderr", "true");
  if (!request.stdin_data.empty() && protocol == ExecProtocol::v4) {
    // The v4 protocol cannot close stdin alone, so a command that reads to the end of its input
    // would wait for ever. `head` ends the input where ours ends.
    for (const char* argument : {"sh", "-c", "n=$1; shift; head -c \"$n\" | \"$@\"", "sh"}) {
      add_query(path, "command", argument);
    }
    add_query(path, "command", std::to_string(request.stdin_data.size()));
  }
  for (const std::string& argument : request.command) add_query(path, "command", argument);
  return path;
}

Result<void> ExecChannels::message(std::string_view bytes) {
  if (bytes.empty()) return {};
  const char channel = bytes.front();
  bytes.remove_prefix(1);
  std::string* target = nullptr;
  switch (channel) {
    case 1:
      target = &result_.out;
      break;
    case 2:
      target = &result_.err;
      break;
    case 3:
      target = &status_;
      break;
    default:
      return {};
  }
  if (result_.out.size() + result_.err.size() + status_.size() + bytes.size() > max_output_bytes_) {
    return fail(Code::resource_exhausted, "the command wrote more than allowed");
  }
  *target += bytes;
  return {};
}

bool ExecChannels::ended() const { return !status_.empty() && json::parse(status_).has_value(); }

Result<ExecResult> ExecChannels::finish() && {
  if (status_.empty()) {
    return fail(Code::unavailable, "the connection ended before the command's status came");
  }
  const Result<json::Value> status = json::parse(status_);
  if (!status) return fail(Code::internal, "unreadable status of a command");
  if ((*status)["status"].as_string() == "Success") return std::move(result_);
  if ((*status)["reason"].as_string() == "NonZeroExitCode") {
    for (const json::Value& cause : (*status)["details"]["causes"].items()) {
      if (cause["reason"].as_string() != "ExitCode") continue;
      const auto code = text::to_int(cause["message"].as_string());
      if (!code || *code < 0 || *code > 255) break;
      result_.exit_code = static_cast<int>(*code);
      return std::move(result_);
    }
  }
  return fail(error_from_response({0, "application/json", status_}, {}));
}

}  // namespace pgo::kube
