#include "embedded/api/defaults.h"

#include "pgo/base/text.h"

#include <string>

/// Defaults as the Kubernetes API reference states them for each field ("Defaults to ...").
///
/// | type        | fields |
/// |-------------|--------|
/// | pod spec    | restartPolicy, dnsPolicy, terminationGracePeriodSeconds, schedulerName,
/// securityContext, serviceAccount(Name), enableServiceLinks (pods only), defaultMode of volumes |
/// | container   | imagePullPolicy, terminationMessagePath/Policy, resources, port protocol, probe
/// numbers, fieldRef apiVersion | | Deployment  | replicas, strategy, revisionHistoryLimit,
/// progressDeadlineSeconds | | ReplicaSet  | replicas | | StatefulSet | replicas,
/// podManagementPolicy, updateStrategy, revisionHistoryLimit | | Job         | parallelism,
/// completions, backoffLimit, completionMode, suspend, selector, template labels | | CronJob     |
/// concurrencyPolicy, suspend, history limits | | Service     | type, sessionAffinity, port
/// protocol and targetPort, internalTrafficPolicy | | Secret      | type; stringData moves into
/// data | | PVC, PV     | volumeMode, reclaim policy | | Namespace   | metadata.name label,
/// finalizer, status | | CRD         | listKind, singular, conversion, conditions |
namespace pgo::embedded::api {
namespace {

using json::Value;

void fill(Value& object, std::string_view key, Value value) {
  if (object[key].is_null()) object.set(key, std::move(value));
}

void default_probe(Value& probe) {
  if (!probe.is_object()) return;
  fill(probe, "timeoutSeconds", 1);
  fill(probe, "periodSeconds", 10);
  fill(probe, "successThreshold", 1);
  fill(probe, "failureThreshold", 3);
  if (probe["httpGet"].is_object()) {
    fill(probe.at_or_add("httpGet"), "path", "/");
    fill(probe.at_or_add("httpGet"), "scheme", "HTTP");
  }
}

/// IfNotPresent, but Always for ":latest" or no tag.
std::string_view pull_policy(std::string_view image) {
  if (image.find('@') != std::string_view::npos) return "IfNotPresent";
  const std::size_t slash = image.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? image : image.substr(slash);
  const std::size_t colon = last.rfind(':');
  const bool latest = colon == std::string_view::npos || last.substr(colon) == ":latest";
  return latest ? "Always" : "IfNotPresent";
}

void default_container(Value& container) {
  if (!container.is_object()) return;
  fill(container, "resources", Value::object());
  fill(container, "terminationMessagePath", "/dev/termination-log");
  fill(container, "terminationMessagePolicy", "File");
  fill(container, "imagePullPolicy", pull_policy(container["image"].as_string()));
  if (Value* ports = container.make_object().find("ports"); ports && ports->is_array()) {
    for (Value& port : ports->make_array()) fill(port, "protocol", "TCP");
  }
  if (Value* env = container.make_object().find("env"); env && env->is_array()) {
    for (Value& variable : env->make_array()) {
      if (variable["valueFrom"]["fieldRef"].is_object()) {
        fill(variable.at_or_add("valueFrom").at_or_add("fieldRef"), "apiVersion", "v1");
      }
    }
  }
  for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    if (container[probe].is_object()) default_probe(container.at_or_add(probe));
  }
}

void default_projection(Value& source) {
  if (source["serviceAccountToken"].is_object()) {
    fill(source.at_or_add("serviceAccountToken"), "expirationSeconds", 3600);
  }
}

void default_volume(Value& volume) {
  constexpr int kMode = 0644;
  for (const char* kind : {"secret", "configMap", "downwardAPI", "projected"}) {
    if (volume[kind].is_object()) fill(volume.at_or_add(kind), "defaultMode", kMode);
  }
  if (volume["projected"]["sources"].is_array()) {
    for (Value& source : volume.at_or_add("projected").at_or_add("sources").make_array()) {
      default_projection(source);
    }
  }
  if (volume["hostPath"].is_object()) fill(volume.at_or_add("hostPath"), "type", "");
}

void default_pod_spec(Value& spec) {
  for (const char* list : {"initContainers", "containers"}) {
    if (!spec[list].is_array()) continue;
    for (Value& container : spec.at_or_add(list).make_array()) default_container(container);
  }
  if (spec["volumes"].is_array()) {
    for (Value& volume : spec.at_or_add("volumes").make_array()) default_volume(volume);
  }
  fill(spec, "restartPolicy", "Always");
  fill(spec, "terminationGracePeriodSeconds", 30);
  fill(spec, "dnsPolicy", "ClusterFirst");
  fill(spec, "securityContext", Value::object());
  fill(spec, "schedulerName", "default-scheduler");
  // The older name is kept in step. Source: PodSpec, "DeprecatedServiceAccount".
  if (!spec["serviceAccountName"].is_null()) {
    spec.set("serviceAccount", spec["serviceAccountName"]);
  } else if (!spec["serviceAccount"].is_null()) {
    spec.set("serviceAccountName", spec["serviceAccount"]);
  }
}

void default_template(Value& owner_spec) {
  if (!owner_spec["template"].is_object()) return;
  default_pod_spec(owner_spec.at_or_add("template").at_or_add("spec"));
}

void default_deployment(Value& spec) {
  fill(spec, "replicas", 1);
  fill(spec, "revisionHistoryLimit", 10);
  fill(spec, "progressDeadlineSeconds", 600);
  Value& strategy = spec.at_or_add("strategy");
  fill(strategy, "type", "RollingUpdate");
  if (strategy["type"].as_string() == "RollingUpdate") {
    Value& rolling = strategy.at_or_add("rollingUpdate");
    fill(rolling, "maxUnavailable", "25%");
    fill(rolling, "maxSurge", "25%");
  }
  default_template(spec);
}

void default_stateful_set(Value& spec) {
  fill(spec, "replicas", 1);
  fill(spec, "podManagementPolicy", "OrderedReady");
  fill(spec, "revisionHistoryLimit", 10);
  Value& strategy = spec.at_or_add("updateStrategy");
  fill(strategy, "type", "RollingUpdate");
  if (strategy["type"].as_string() == "RollingUpdate") {
    fill(strategy.at_or_add("rollingUpdate"), "partition", 0);
  }
  default_template(spec);
}

void default_job(Value& spec) {
  // Both absent means one of each; a lone parallelism means a work queue without completions.
  if (spec["completions"].is_null() && spec["parallelism"].is_null()) spec.set("completions", 1);
  fill(spec, "parallelism", 1);
  fill(spec, "backoffLimit", 6);
  fill(spec, "completionMode", "NonIndexed");
  fill(spec, "suspend", false);
  default_template(spec);
}

void default_cron_job(Value& spec) {
  fill(spec, "concurrencyPolicy", "Allow");
  fill(spec, "suspend", false);
  fill(spec, "successfulJobsHistoryLimit", 3);
  fill(spec, "failedJobsHistoryLimit", 1);
  if (spec["jobTemplate"]["spec"].is_object()) {
    default_template(spec.at_or_add("jobTemplate").at_or_add("spec"));
  }
}

void default_service(Value& spec) {
  fill(spec, "type", "ClusterIP");
  fill(spec, "sessionAffinity", "None");
  if (spec["sessionAffinity"].as_string() == "ClientIP") {
    fill(spec.at_or_add("sessionAffinityConfig").at_or_add("clientIP"), "timeoutSeconds", 10800);
  }
  if (spec["type"].as_string() != "ExternalName") fill(spec, "internalTrafficPolicy", "Cluster");
  if (!spec["ports"].is_array()) return;
  for (Value& port : spec.at_or_add("ports").make_array()) {
    fill(port, "protocol", "TCP");
    if (port["targetPort"].is_null() && !port["port"].is_null()) {
      port.set("targetPort", port["port"]);
    }
  }
}

void default_secret(Value& secret) {
  fill(secret, "type", "Opaque");
  if (!secret["stringData"].is_object()) return;
  const Value plain = secret["stringData"];
  Value& data = secret.at_or_add("data");
  for (const json::Member& member : plain.members()) {
    data.set(member.key, text::base64_encode(member.value.as_string()));
  }
  secret.erase("stringData");
}

void default_crd(Value& document) {
  Value& spec = document.at_or_add("spec");
  Value& names = spec.at_or_add("names");
  fill(names, "singular", text::to_lower(names["kind"].as_string()));
  fill(names, "listKind", std::string(names["kind"].as_string()) + "List");
  fill(spec.at_or_add("conversion"), "strategy", "None");
}

void default_event(Value& document) {
  if (document["source"].is_null()) document.set("source", Value::object());
}

Value condition(std::string_view type, std::string_view reason, std::string_view now) {
  return Value::object({{"type", type},
                        {"status", "True"},
                        {"lastTransitionTime", now},
                        {"reason", reason},
                        {"message", reason}});
}

/// A new type is served with the answer of its creation, so both conditions hold at once.
void establish(Value& crd, std::string_view now) {
  Value stored = Value::array();
  for (const Value& version : crd["spec"]["versions"].items()) {
    if (version["storage"].as_bool()) stored.push_back(version["name"]);
  }
  crd.set("status",
          Value::object({{"conditions",
                          Value::array({condition("NamesAccepted", "NoConflicts", now),
                                        condition("Established", "InitialNamesAccepted", now)})},
                         {"acceptedNames", crd["spec"]["names"]},
                         {"storedVersions", std::move(stored)}}));
}

/// Source: "Pod Quality of Service Classes".
std::string_view qos_class(const Value& spec) {
  bool any = false;
  bool guaranteed = true;
  for (const Value& container : spec["containers"].items()) {
    const Value& resources = container["resources"];
    const Value& requests = resources["requests"];
    const Value& limits = resources["limits"];
    if (!requests.members().empty() || !limits.members().empty()) any = true;
    for (const char* name : {"cpu", "memory"}) {
      if (limits[name].is_null()) guaranteed = false;
      if (!requests[name].is_null() && !(requests[name] == limits[name])) guaranteed = false;
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

/// Requests default to limits. Source: "Resource Management for Pods and Containers".
void default_requests(Value& spec) {
  if (!spec["containers"].is_array()) return;
  for (Value& container : spec.at_or_add("containers").make_array()) {
    const Value limits = container["resources"]["limits"];
    for (const json::Member& limit : limits.members()) {
      fill(container.at_or_add("resources").at_or_add("requests"), limit.key, limit.value);
    }
  }
}

void new_pod(Value& pod) {
  Value& spec = pod.at_or_add("spec");
  default_requests(spec);
  fill(spec, "enableServiceLinks", true);
  fill(spec, "preemptionPolicy", "PreemptLowerPriority");
  fill(spec, "priority", 0);
  if (spec["serviceAccountName"].as_string().empty()) {
    spec.set("serviceAccountName", "default");
    spec.set("serviceAccount", "default");
  }
  pod.set("status", Value::object({{"phase", "Pending"}, {"qosClass", qos_class(spec)}}));
}

/// The selector and labels by which a Job finds its pods. Source: Job, "Pod selector".
void new_job(Value& job) {
  Value& spec = job.at_or_add("spec");
  if (spec["manualSelector"].as_bool()) return;
  const std::string uid(job["metadata"]["uid"].as_string());
  const std::string name(job["metadata"]["name"].as_string());
  Value& labels = spec.at_or_add("template").at_or_add("metadata").at_or_add("labels");
  labels.set("controller-uid", uid);
  labels.set("job-name", name);
  spec.set("selector", Value::object({{"matchLabels", Value::object({{"controller-uid", uid}})}}));
  if (job["metadata"]["labels"].is_null()) {
    // An unlabelled Job takes the labels of its template.
    job.at_or_add("metadata").set("labels", spec["template"]["metadata"]["labels"]);
  }
}

void new_namespace(Value& document) {
  Value& metadata = document.at_or_add("metadata");
  metadata.at_or_add("labels").set("kubernetes.io/metadata.name", metadata["name"]);
  document.at_or_add("spec").set("finalizers", Value::array({"kubernetes"}));
  document.set("status", Value::object({{"phase", "Active"}}));
}

void new_rbac_binding(Value& document) {
  fill(document.at_or_add("roleRef"), "apiGroup", "rbac.authorization.k8s.io");
  if (!document["subjects"].is_array()) return;
  for (Value& subject : document.at_or_add("subjects").make_array()) {
    if (subject["kind"].as_string() != "ServiceAccount") {
      fill(subject, "apiGroup", "rbac.authorization.k8s.io");
    }
  }
}

}  // namespace

void set_defaults(const Resource& resource, Value& document) {
  if (resource.custom) return;
  const std::string_view kind = resource.kind;
  if (kind == "Secret") return default_secret(document);
  if (kind == "CustomResourceDefinition") return default_crd(document);
  if (kind == "Event" && resource.group.empty()) return default_event(document);
  if (kind == "RoleBinding" || kind == "ClusterRoleBinding") return new_rbac_binding(document);
  if (!document["spec"].is_object()) return;
  Value& spec = document.at_or_add("spec");
  if (kind == "Pod") {
    default_pod_spec(spec);
  } else if (kind == "Deployment") {
    default_deployment(spec);
  } else if (kind == "ReplicaSet" || kind == "ReplicationController") {
    fill(spec, "replicas", 1);
    default_template(spec);
  } else if (kind == "StatefulSet") {
    default_stateful_set(spec);
  } else if (kind == "DaemonSet") {
    fill(spec, "revisionHistoryLimit", 10);
    default_template(spec);
  } else if (kind == "Job") {
    default_job(spec);
  } else if (kind == "CronJob") {
    default_cron_job(spec);
  } else if (kind == "Service") {
    default_service(spec);
  } else if (kind == "PersistentVolumeClaim") {
    fill(spec, "volumeMode", "Filesystem");
  } else if (kind == "PersistentVolume") {
    fill(spec, "volumeMode", "Filesystem");
    fill(spec, "persistentVolumeReclaimPolicy", "Retain");
  }
}

void set_create_defaults(const Resource& resource, Value& document, std::string_view now) {
  set_defaults(resource, document);
  if (resource.custom) return;
  const std::string_view kind = resource.kind;
  if (kind == "Namespace") {
    new_namespace(document);
  } else if (kind == "Pod") {
    new_pod(document);
  } else if (kind == "Job") {
    new_job(document);
    document.set("status", Value::object());
  } else if (kind == "CustomResourceDefinition") {
    establish(document, now);
  } else if (kind == "PersistentVolumeClaim" || kind == "PersistentVolume") {
    document.set("status", Value::object({{"phase", "Pending"}}));
  } else if (kind == "Service") {
    document.set("status", Value::object({{"loadBalancer", Value::object()}}));
  } else if (kind == "StorageClass") {
    fill(document, "reclaimPolicy", "Delete");
    fill(document, "volumeBindingMode", "Immediate");
  } else if (resource.status) {
    document.set("status", Value::object());
  }
}

void set_service_addresses(const Resource& resource, Value& document) {
  if (resource.custom || resource.kind != "Service") return;
  Value& spec = document.at_or_add("spec");
  const std::string address(spec["clusterIP"].as_string());
  if (address.empty()) return;
  spec.set("clusterIPs", Value::array({address}));
  fill(spec, "ipFamilies", Value::array({"IPv4"}));
  fill(spec, "ipFamilyPolicy", "SingleStack");
}

}  // namespace pgo::embedded::api
