#include "app.h"
#include "commands.h"
#include "pgo/model/messages/clusters.h"

#include <algorithm>

namespace pgo::cli {
namespace {

using model::rest::ClusterTestDetail;
using model::rest::ClusterTestResult;

void print_details(Output& output, const std::vector<ClusterTestDetail>& details) {
  for (const ClusterTestDetail& detail : details) {
    output.line("\t\t" + detail.instance_type + " (" + detail.message +
                "): " + (detail.available ? output.good("UP") : output.bad("DOWN")));
  }
}

void print_result(Output& output, const ClusterTestResult& result) {
  output.line();
  output.line("cluster : " + result.cluster_name);
  output.line("\tServices");
  print_details(output, result.endpoints);
  output.line("\tInstances");
  print_details(output, result.instances);
}

void add_rows(Table& table, const std::vector<ClusterTestResult>& results) {
  const auto add = [&](const ClusterTestResult& result, const char* kind,
                       const ClusterTestDetail& detail) {
    table.add({result.cluster_name, kind, detail.instance_type, detail.message,
               detail.available ? "UP" : "DOWN"});
  };
  for (const ClusterTestResult& result : results) {
    for (const auto& detail : result.endpoints) add(result, "service", detail);
    for (const auto& detail : result.instances) add(result, "instance", detail);
  }
}

/// One that was named must be there; of a selection nothing may be left.
int found_none(App& app, const model::rest::ClusterTestRequest& request) {
  if (request.all_flag || !request.selector.empty() || request.clustername == "all") {
    app.output().line("No clusters found.");
    return kDone;
  }
  app.output().error("there is no cluster " + request.clustername + " in namespace " + app.ns() +
                     ".");
  return kFailed;
}

struct TestView {
  std::string format;
  Table wide{{"CLUSTER", "KIND", "TYPE", "NAME", "STATE"}};  ///< of all names
};

int test_one(App& app, const Arguments& arguments, const std::string& cluster, TestView& view) {
  model::rest::ClusterTestRequest request;
  request.clustername = cluster;
  request.selector = arguments.text("selector");
  request.client_version = std::string(client_version());
  request.ns = app.ns();
  request.all_flag = arguments.boolean("all");
  auto answer = app.exchange("POST", "/testclusters", App::body_of(json::encode(request)));
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::ClusterTestResponse>(*answer);
  if (!response) return app.report(response.error());
  const bool document = print_document(app, view.format, *answer);
  if (const auto done = accepted(response->status.code, response->status.msg); !done) {
    return app.report(done.error());
  }
  if (response->results.empty()) return found_none(app, request);
  if (document) return kDone;
  if (view.format == "wide") {
    add_rows(view.wide, response->results);
  } else {
    for (const ClusterTestResult& result : response->results) print_result(app.output(), result);
  }
  return kDone;
}

int test(App& app, const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  std::vector<std::string> names = arguments.names();
  const bool many = arguments.boolean("all") || !arguments.text("selector").empty();
  if (names.empty() && !many) {
    return usage_error(app, "name the clusters to test, or give --selector or --all.");
  }
  if (many) names = {"all"};
  TestView view{.format = *format};
  int code = kDone;
  for (const std::string& name : names) code = std::max(code, test_one(app, arguments, name, view));
  if (!view.wide.empty()) app.output().write(view.wide.text());
  return code;
}

}  // namespace

Command test_command() {
  return {
      .path = "test",
      .positional = "CLUSTER...",
      .summary = "Test whether the services and instances of clusters are available",
      .example = "test hippo",
      .flags = {selector_flag(), all_flag("Test every cluster of the namespace"), output_flag()},
      .run = test,
      .words = Words::clusters,
      .gathers = true};
}

}  // namespace pgo::cli
