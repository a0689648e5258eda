#include "embedded/node/node_object.h"

#include "embedded/node/pod_status.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace pgo::embedded::node {

namespace {

constexpr std::string_view kLeaseNamespace = "kube-node-lease";
constexpr int kMostPods = 200;

std::string architecture() {
#if defined(__x86_64__)
  return "amd64";
#elif defined(__aarch64__)
  return "arm64";
#else
  utsname name{};
  ::uname(&name);
  return name.machine;
#endif
}

json::Value capacity() {
  struct sysinfo info{};
  ::sysinfo(&info);
  auto kib = static_cast<std::uint64_t>(info.totalram) * info.mem_unit / 1024;
  return json::Value::object({{"cpu", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN))},
                              {"memory", std::to_string(kib) + "Ki"},
                              {"pods", std::to_string(kMostPods)}});
}

json::Value condition(std::string_view type, bool status, std::string_view reason,
                      std::string_view message, const std::string& now) {
  return json::Value::object({{"type", type},
                              {"status", status ? "True" : "False"},
                              {"reason", reason},
                              {"message", message},
                              {"lastHeartbeatTime", now},
                              {"lastTransitionTime", now}});
}

}  // namespace

NodeObject::NodeObject(const LocalNodeOptions& options, kube::Client client, const Clock& clock,
                       Log log)
    : options_(options), client_(client), clock_(clock), log_(std::move(log)) {}

kube::Object NodeObject::wanted() const {
  kube::Object node(kube::types::kNode, {}, options_.node_name);
  std::string arch = architecture();
  node.set_label("kubernetes.io/hostname", options_.node_name);
  node.set_label("kubernetes.io/os", "linux");
  node.set_label("kubernetes.io/arch", arch);
  std::string now = to_rfc3339(clock_.now());
  utsname kernel{};
  ::uname(&kernel);
  json::Value addresses = json::Value::array(
      {json::Value::object({{"type", "InternalIP"}, {"address", options_.host_ip}}),
       json::Value::object({{"type", "Hostname"}, {"address", options_.node_name}})});
  json::Value conditions = json::Value::array(
      {condition("MemoryPressure", false, "KubeletHasSufficientMemory", "memory is not watched",
                 now),
       condition("DiskPressure", false, "KubeletHasNoDiskPressure", "disks are not watched", now),
       condition("Ready", true, "KubeletReady", "the local node runs pods", now)});
  json::Value info = json::Value::object({{"architecture", arch},
                                          {"operatingSystem", "linux"},
                                          {"kernelVersion", kernel.release},
                                          {"osImage", "the host's"},
                                          {"containerRuntimeVersion", "bubblewrap://local"},
                                          {"kubeletVersion", "v1.20.0-libpgo"}});
  node.document().set("status", json::Value::object({{"capacity", capacity()},
                                                     {"allocatable", capacity()},
                                                     {"addresses", addresses},
                                                     {"conditions", conditions},
                                                     {"nodeInfo", info}}));
  return node;
}

Result<void> NodeObject::ensure_node() {
  auto current = client_.get(kube::types::kNode, {}, options_.node_name);
  if (!current && current.error().code != Code::not_found) return fail(current.error());
  kube::Object node = wanted();
  if (!current) {
    // A server may drop the status of a new object: written apart, below.
    current = client_.create(kube::types::kNode, node);
    if (!current) return fail(std::move(current).error());
  }
  if (condition_status((*current)["status"], "Ready") == "True") return {};
  auto written = client_.patch(kube::types::kNode, {}, options_.node_name, kube::PatchType::merge,
                               json::Value::object({{"status", node["status"]}}), "status");
  if (!written) return fail(std::move(written).error());
  return {};
}

Result<void> NodeObject::renew_lease() {
  std::string now = to_rfc3339_micro(clock_.now());
  json::Value spec = json::Value::object(
      {{"holderIdentity", options_.node_name}, {"leaseDurationSeconds", 40}, {"renewTime", now}});
  auto renewed = client_.patch(kube::types::kLease, kLeaseNamespace, options_.node_name,
                               kube::PatchType::merge, json::Value::object({{"spec", spec}}));
  if (renewed) return {};
  if (renewed.error().code != Code::not_found) return fail(std::move(renewed).error());
  kube::Object lease(kube::types::kLease, kLeaseNamespace, options_.node_name);
  lease.document().set("spec", spec);
  auto created = client_.create(kube::types::kLease, lease);
  if (!created && created.error().code == Code::not_found) {
    // A small API may not have made this namespace by itself.
    kube::Object ns(kube::types::kNamespace, {}, kLeaseNamespace);
    (void)client_.create(kube::types::kNamespace, ns);
    created = client_.create(kube::types::kLease, lease);
  }
  if (!created) return fail(std::move(created).error());
  return {};
}

bool NodeObject::beat() {
  auto done = ensure_node();
  if (done) done = renew_lease();
  if (!done && !trouble_)
    log_.warn("heartbeat failed", {{"node", options_.node_name}, {"problem", done.error().text()}});
  if (done && trouble_) log_.info("heartbeat works again", {{"node", options_.node_name}});
  trouble_ = !done;
  return !trouble_;
}

}  // namespace pgo::embedded::node
