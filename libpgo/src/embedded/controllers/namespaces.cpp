#include "embedded/controllers/facts.h"
#include "embedded/controllers/plans.h"

namespace pgo::embedded::controllers {

Decision plan_namespace(const kube::Object& ns, const NamespaceView& view) {
  Decision out;
  if (ns.being_deleted()) return out;
  if (!view.default_account) {
    out.create(kube::types::kServiceAccount,
               kube::Object(kube::types::kServiceAccount, ns.name(), "default"));
  }
  if (view.root_ca_pem.empty()) return out;
  if (!view.root_ca) {
    kube::Object ca(kube::types::kConfigMap, ns.name(), "kube-root-ca.crt");
    ca.document().at_or_add("data").set("ca.crt", view.root_ca_pem);
    out.create(kube::types::kConfigMap, std::move(ca));
  } else if ((*view.root_ca)["data"]["ca.crt"].as_string() != view.root_ca_pem &&
             !view.root_ca->being_deleted()) {
    kube::Object ca = *view.root_ca;
    ca.document().at_or_add("data").set("ca.crt", view.root_ca_pem);
    out.update(kube::types::kConfigMap, std::move(ca));
  }
  return out;
}

}  // namespace pgo::embedded::controllers
