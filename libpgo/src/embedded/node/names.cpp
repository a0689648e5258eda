#include "embedded/node/names.h"

#include "embedded/node/files.h"

namespace pgo::embedded::node {

namespace fs = std::filesystem;

Result<fs::path> Names::folder(const std::string& ns) {
  if (!is_file_name(ns)) return fail(Code::invalid_argument, "not a namespace: " + ns);
  fs::path folder = root_ / ns;
  if (!folders_.contains(ns)) {
    PGO_TRY_VOID(make_directory(folder, 0755));
    folders_.insert(ns);
    stale_.insert(ns);
  }
  if (stale_.contains(ns)) PGO_TRY_VOID(publish());
  return folder;
}

namespace {
// True when something changed.
bool set_name(std::map<std::string, std::string>& names, const std::string& name,
              const std::string& address) {
  if (address.empty()) return names.erase(name) > 0;
  std::string& current = names[name];
  if (current == address) return false;
  current = address;
  return true;
}
}  // namespace

void Names::set_service(const std::string& ns, const std::string& name,
                        const std::string& address) {
  if (set_name(services_[ns], name, address)) stale_ = folders_;  // other namespaces see it too
}

void Names::set_pod(const std::string& ns, const std::string& name, const std::string& address) {
  if (set_name(pods_[ns], name, address) && folders_.contains(ns)) stale_.insert(ns);
}

std::string Names::hosts_text(const std::string& ns) const {
  std::string text = "127.0.0.1 localhost\n";
  for (const auto& [space, services] : services_) {
    for (const auto& [name, address] : services) {
      const std::string full = name + "." + space;
      text.append(address).append(" ");
      if (space == ns) text.append(name).append(" ");
      text.append(full).append(" ").append(full).append(".svc ");
      text.append(full).append(".svc.cluster.local\n");
    }
  }
  if (auto pods = pods_.find(ns); pods != pods_.end())
    for (const auto& [name, address] : pods->second)
      text.append(address).append(" ").append(name).append("\n");
  return text;
}

Result<void> Names::publish() {
  while (!stale_.empty()) {
    std::string ns = *stale_.begin();
    PGO_TRY_VOID(replace_file(root_ / ns / "hosts", hosts_text(ns), 0644));
    stale_.erase(ns);
  }
  return {};
}

}  // namespace pgo::embedded::node
