#include "pgo/kube/object.h"
#include "pgo/plan/view.h"

namespace pgo::plan {
namespace {

using json::Value;

const Value& condition_of(const kube::Object& pod, std::string_view type) {
  static const Value kNone;
  for (const Value& one : pod["status"]["conditions"].items()) {
    if (one["type"].as_string() == type) return one;
  }
  return kNone;
}

std::string with_message(std::string text, const Value& from) {
  const std::string_view message = from["message"].as_string();
  return message.empty() ? text : std::move(text) + ": " + std::string(message);
}

/// "container database waits (CrashLoopBackOff: back-off 40s restarting it)".
std::string words_of(const Value& container) {
  std::string text = "container " + std::string(container["name"].as_string());
  const Value& state = container["state"];
  if (const Value& waiting = state["waiting"]; !waiting.is_null()) {
    text += " waits (" +
            with_message(std::string(waiting["reason"].as_string("no reason")), waiting) + ")";
  } else if (const Value& ended = state["terminated"]; !ended.is_null()) {
    text += " ended with exit code " + std::to_string(ended["exitCode"].as_int());
  } else {
    text += " runs and is not ready";
  }
  const auto restarts = container["restartCount"].as_int();
  return restarts == 0 ? text : text + ", restarts: " + std::to_string(restarts);
}

std::string trouble_of(const kube::Object& pod) {
  const Value& status = pod["status"];
  std::string text;
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  for (const Value& container : status["initContainerStatuses"].items()) {
    if (!container["ready"].as_bool()) add(words_of(container));
  }
  for (const Value& container : status["containerStatuses"].items()) {
    if (!container["ready"].as_bool()) add(words_of(container));
  }
  if (!text.empty()) return text;
  const Value& placed = condition_of(pod, "PodScheduled");
  if (placed["status"].as_string() == "False") return with_message("not placed on a node", placed);
  return with_message("phase " + std::string(status["phase"].as_string("unknown")), status);
}

}  // namespace

PodWords PodWords::from(const kube::Object& pod, bool ready) {
  PodWords words;
  if (!ready) words.trouble = trouble_of(pod);
  words.since = condition_of(pod, "Ready")["lastTransitionTime"].as_string(
      pod["metadata"]["creationTimestamp"].as_string());
  return words;
}

}  // namespace pgo::plan
