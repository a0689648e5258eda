#include "embedded/api/service_addresses.h"

#include "embedded/api/status.h"

namespace pgo::embedded::api {

ServiceAddresses::ServiceAddresses(const Store& store, const Key& own,
                                   const ApiServerOptions& options)
    : prefix_(options.service_prefix), first_(options.service_first), last_(options.service_last) {
  for (const RecordPtr& record : store.list("/services", "").records) {
    if (record->ns() == own.ns && record->name() == own.name) continue;
    // As far as the NUL that ends this field.
    taken_.emplace(record->fields().data());
  }
}

Result<std::string> ServiceAddresses::free() const {
  for (int third = first_; third <= last_; ++third) {
    const std::string block = prefix_ + "." + std::to_string(third) + ".";
    for (int fourth = 1; fourth < 255; ++fourth) {
      std::string address = block + std::to_string(fourth);
      if (!taken_.contains(address)) return address;
    }
  }
  return api_error(500, "InternalError", "no free address is left in the service network");
}

Result<void> ServiceAddresses::assign(json::Value& service) const {
  json::Value& spec = service.at_or_add("spec");
  if (spec["type"].as_string() == "ExternalName") return {};
  std::string wanted(spec["clusterIP"].as_string());
  if (wanted.empty()) wanted = spec["clusterIPs"][std::size_t{0}].as_string();
  if (wanted.empty()) {
    PGO_TRY(wanted, free());
  } else if (wanted != "None" && taken_.contains(wanted)) {
    return invalid("Service", service["metadata"]["name"].as_string(), "spec.clusterIP",
                   "Invalid value: \"" + wanted + "\": provided IP is already allocated");
  }
  spec.set("clusterIP", wanted);
  return {};
}

}  // namespace pgo::embedded::api
