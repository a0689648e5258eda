#include "pgo/plan/action.h"

namespace pgo::plan {
namespace {

std::string object_text(std::string_view kind, std::string_view ns, std::string_view name) {
  std::string text(kind);
  text += ' ';
  if (!ns.empty()) {
    text += ns;
    text += '/';
  }
  text += name;
  return text;
}

struct Describe {
  std::string operator()(const Ensure& ensure) const { return "create " + ensure.object.text(); }
  std::string operator()(const EnsureSecret& ensure) const {
    return "create " + ensure.object.text() + " with generated values";
  }
  std::string operator()(const Patch& patch) const {
    return "patch " + object_text(patch.type.kind, patch.ns, patch.name) + " with " +
           json::write(patch.body);
  }
  std::string operator()(const Delete& remove) const {
    return "delete " + object_text(remove.type.kind, remove.ns, remove.name) + " uid " + remove.uid;
  }
  std::string operator()(const Exec& exec) const {
    // The input may hold SQL with a password, so only the program is named.
    return "exec in " + object_text("Pod", exec.ns, exec.pod) + ": " +
           (exec.command.empty() ? std::string() : exec.command.front());
  }
  std::string operator()(const Event& event) const { return "event " + event.type; }
};

}  // namespace

std::string Action::text() const {
  std::string text = std::visit(Describe{}, what);
  if (!reason.empty()) {
    text += ": ";
    text += reason;
  }
  return text;
}

}  // namespace pgo::plan
