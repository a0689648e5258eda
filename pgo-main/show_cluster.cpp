#include "app.h"
#include "commands.h"
#include "pgo/model/messages/clusters.h"

#include <algorithm>

namespace pgo::cli {
namespace {

using model::rest::ShowClusterDetail;
using model::rest::ShowClusterResponse;

void print_pods(Output& output, const ShowClusterDetail& detail) {
  for (const auto& pod : detail.pods) {
    output.line("\tpod : " + pod.name + " (" + pod.phase + ") on " + pod.node_name + " (" +
                pod.ready_status + ") (" + pod.type + ")");
    for (const auto& [volume, claim] : pod.pvc_name) output.line("\tpvc : " + claim);
  }
}

void print_cluster(Output& output, const ShowClusterDetail& detail) {
  const model::PgClusterSpec& spec = detail.cluster.spec;
  const model::ContainerResources& resources = spec.container_resources;
  output.line();
  output.line("cluster : " + spec.name + " (" + spec.ccp_image + ":" + spec.ccp_image_tag + ")");
  print_pods(output, detail);
  output.line("\tresources : CPU Limit=" + resources.limits_cpu + " Memory Limit=" +
              resources.limits_memory + ", CPU Request=" + resources.requests_cpu +
              " Memory Request=" + resources.requests_memory);
  output.line("\tstorage : Primary=" + spec.primary_storage.size +
              " Replica=" + spec.replica_storage.size);
  for (const auto& deployment : detail.deployments)
    output.line("\tdeployment : " + deployment.name);
  if (!detail.deployments.empty()) {
    for (const std::string& policy : detail.deployments.front().policy_labels) {
      output.line("\tpolicy: " + policy);
    }
  }
  for (const auto& service : detail.services) {
    std::string line = "\tservice : " + service.name + " - ClusterIP (" + service.cluster_ip + ")";
    if (!service.external_ip.empty()) line += " ExternalIP (" + service.external_ip + ")";
    output.line(line);
  }
  for (const auto& replica : detail.replicas) output.line("\tpgreplica : " + replica.name);
  std::string labels = "\tlabels : ";
  for (const auto& [key, value] : detail.cluster.metadata.labels) labels += key + "=" + value + " ";
  output.line(labels);
}

std::string first_primary(const ShowClusterDetail& detail) {
  const auto found = std::ranges::find_if(detail.pods, [](const auto& pod) { return pod.primary; });
  return found == detail.pods.end() ? std::string("-") : found->name;
}

std::string ready_instances(const ShowClusterDetail& detail) {
  const auto ready = std::ranges::count_if(
      detail.pods, [](const auto& pod) { return pod.ready && pod.phase == "Running"; });
  return std::to_string(ready) + "/" + std::to_string(detail.pods.size());
}

void print_wide(Output& output, const std::vector<ShowClusterDetail>& clusters) {
  Table table({"NAME", "STATE", "READY", "PRIMARY", "REPLICAS", "SERVICE", "STORAGE", "IMAGE"});
  for (const ShowClusterDetail& detail : clusters) {
    const model::PgClusterSpec& spec = detail.cluster.spec;
    std::string state = detail.cluster.status.state;
    if (state.starts_with("pgcluster "))
      state = state.substr(std::string_view("pgcluster ").size());
    table.add({spec.name, state, ready_instances(detail), first_primary(detail),
               std::to_string(detail.replicas.size()),
               detail.services.empty() ? "-" : detail.services.front().cluster_ip,
               spec.primary_storage.size, spec.ccp_image + ":" + spec.ccp_image_tag});
  }
  output.write(table.text());
}

struct View {
  std::string format;
  std::vector<ShowClusterDetail> wide;  ///< gathered over all names, for one table
};

int show_one(App& app, const Arguments& arguments, const std::string& name, View& view) {
  model::rest::ShowClusterRequest request;
  request.clustername = name;
  request.selector = arguments.text("selector");
  request.ccpimagetag = arguments.text("ccp-image-tag");
  request.client_version = std::string(client_version());
  request.ns = app.ns();
  request.all_flag = arguments.boolean("all");
  auto answer = app.exchange("POST", "/showclusters", App::body_of(json::encode(request)));
  if (!answer) return app.report(answer.error());
  auto response = read_answer<ShowClusterResponse>(*answer);
  if (!response) return app.report(response.error());
  const bool document = print_document(app, view.format, *answer);
  if (const auto done = accepted(response->status.code, response->status.msg); !done) {
    return app.report(done.error());
  }
  if (response->results.empty()) {
    if (name.empty()) {
      app.output().line("No clusters found.");
      return kDone;
    }
    app.output().error("there is no cluster " + name + " in namespace " + app.ns() + ".");
    return kFailed;
  }
  if (document) return kDone;
  for (ShowClusterDetail& detail : response->results) {
    if (view.format == "wide") {
      view.wide.push_back(std::move(detail));
    } else {
      print_cluster(app.output(), detail);
    }
  }
  return kDone;
}

int show(App& app, const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  std::vector<std::string> names = arguments.names();
  const bool many = arguments.boolean("all") || !arguments.text("selector").empty();
  if (names.empty() && !many) {
    return usage_error(app, "name the clusters to show, or give --selector or --all.");
  }
  if (many) names = {""};
  View view{.format = *format, .wide = {}};
  int code = kDone;
  for (const std::string& name : names) code = std::max(code, show_one(app, arguments, name, view));
  if (!view.wide.empty()) print_wide(app.output(), view.wide);
  return code;
}

}  // namespace

Command show_cluster_command() {
  return {.path = "show cluster",
          .positional = "CLUSTER...",
          .summary = "Show clusters in detail",
          .example = "show cluster --all -o wide",
          .flags = {all_flag("Show every cluster of the namespace"),
                    selector_flag(),
                    output_flag(),
                    {.name = "ccp-image-tag",
                     .help = "Only clusters with this image tag",
                     .value_name = "TAG"}},
          .run = show,
          .words = Words::clusters,
          .gathers = true};
}

}  // namespace pgo::cli
