#include "app.h"

#include "folder_copy.h"
#include "log_sink.h"
#include "pgo/base/version.h"
#include "pgo/dev/environment.h"
#include "privileges.h"
#include "process.h"
#include "serve.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>
#include <unistd.h>

namespace pgo::daemon {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  bool dev = false;
  std::string state_dir;
  std::string images_dir;
  std::string user = "pgo";
  std::string format = "text";
  bool debug = false;
  bool no_node = false;
  bool install = false;
  std::string kubeconfig;
  dev::Options options;

  LogFormat log_format() const { return format == "json" ? LogFormat::json : LogFormat::text; }
};

/// PGO_STATE_DIR, else the XDG state directory; root's databases live under /var/lib/pgo.
Result<fs::path> default_state_dir() {
  if (const std::string dir = environment_variable("PGO_STATE_DIR").value_or(""); !dir.empty()) {
    return fs::path(dir);
  }
  if (is_root()) return "/var/lib/pgo";
  if (const std::string dir = environment_variable("XDG_STATE_HOME").value_or(""); !dir.empty()) {
    return dir + "/pgo";
  }
  PGO_TRY(const fs::path home, home_directory());
  return home / ".local/state/pgo";
}

/// The images beside the program: PREFIX/bin/postgres-operator has PREFIX/share/pgo/images.
fs::path default_images_dir() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return program.parent_path().parent_path() / "share/pgo/images";
}

void greet(const dev::Options& options, const dev::Endpoints& endpoints) {
  const auto usual = default_state_dir();
  say("pgo " + std::string(kVersion) +
      " in development mode: Kubernetes API, controllers, local node and operator in this "
      "process.\nReachable from this machine only. Ctrl-C stops everything; clusters and data stay "
      "in " +
      options.state_dir.string() +
      ".\n\n"
      "  REST        " +
      endpoints.rest_url +
      "\n"
      "  Kubernetes  " +
      endpoints.api_url +
      "\n"
      "  kubectl     kubectl --kubeconfig " +
      endpoints.kubeconfig.string() +
      " get pods\n"
      "  pgo         pgo create cluster hippo --wait" +
      (usual && options.state_dir == *usual
           ? ""
           : "   (with PGO_STATE_DIR=" + options.state_dir.string() + ")") +
      "\n");
}

/// Becomes the ordinary user, who may not get at root's images (a checkout in /root): then they are
/// used from a copy in the state directory. That is held before: the copy that is there may be what
/// the pods of a running daemon run.
Result<std::unique_ptr<dev::Environment>> start_by_root(const Arguments& arguments,
                                                        dev::Options options, const Clock& clock,
                                                        IdSource& ids, const Log& log) {
  auto images = FolderCopy::read(options.images_dir);
  PGO_TRY_VOID(become(arguments.user, options.state_dir));
  PGO_TRY(dev::StateDir state, dev::StateDir::open(options.state_dir));
  const bool readable = access((options.images_dir / "images.yaml").c_str(), R_OK) == 0;
  if (images && !readable) {
    options.images_dir = options.state_dir / "images";
    PGO_TRY_VOID(images->write(options.images_dir));
  }
  return dev::Environment::start(std::move(options), std::move(state), clock, ids, log);
}

int run_dev(Arguments& arguments) {
  dev::Options& options = arguments.options;
  const Result<fs::path> state_dir =
      arguments.state_dir.empty() ? default_state_dir() : fs::path(arguments.state_dir);
  if (!state_dir) return failed(state_dir.error(), kSetUpError);
  options.state_dir = fs::absolute(*state_dir);
  options.images_dir = fs::absolute(arguments.images_dir.empty() ? default_images_dir()
                                                                 : fs::path(arguments.images_dir));
  options.local_node = !arguments.no_node;
  prepare_process();
  const sigset_t stop_signals = block_stop_signals();
  const SystemClock clock;
  SystemIdSource ids;
  const Log log(stderr_sink(arguments.log_format()), clock,
                arguments.debug ? Level::debug : Level::info);
  auto environment = is_root() ? start_by_root(arguments, options, clock, ids, log)
                               : dev::Environment::start(options, clock, ids, log);
  if (!environment) return failed(environment.error());
  greet(options, (*environment)->endpoints());

  wait_for_stop(stop_signals, log);
  environment->reset();
  return 0;
}

void add_options(CLI::App& app, Arguments& arguments) {
  CLI::Option* dev =
      app.add_flag("--dev", arguments.dev,
                   "Run everything in this process: Kubernetes API, controllers, local node, "
                   "operator");
  // What would be read and then forgotten is refused instead.
  app.add_option("--kubeconfig", arguments.kubeconfig,
                 "Kubernetes to work in (default: the pod's account, $KUBECONFIG, ~/.kube/config)")
      ->excludes(dev);
  app.add_flag("--install", arguments.install,
               "Make the custom resource definitions and namespaces that are missing")
      ->excludes(dev);
  app.add_option("--state-dir", arguments.state_dir,
                 "Where clusters, data and settings live (default: $PGO_STATE_DIR, "
                 "$XDG_STATE_HOME/pgo or ~/.local/state/pgo)")
      ->needs(dev);
  app.add_option("--images-dir", arguments.images_dir,
                 "The images of the local node: the folder that holds images.yaml")
      ->needs(dev);
  app.add_option("--network", arguments.options.network,
                 "First two numbers of the loopback addresses to use")
      ->capture_default_str()
      ->needs(dev);
  app.add_option("--api-port", arguments.options.api_port, "Port of the Kubernetes API")
      ->capture_default_str()
      ->needs(dev);
  app.add_option("--rest-port", arguments.options.rest_port, "Port of the REST service")
      ->capture_default_str()
      ->needs(dev);
  app.add_option("--namespace", arguments.options.namespaces,
                 "Namespaces for clusters; the first is the client's default")
      ->capture_default_str()
      ->needs(dev);
  app.add_option("--user", arguments.user, "Ordinary user to become when started by root")
      ->capture_default_str()
      ->needs(dev);
  app.add_flag("--no-node", arguments.no_node, "Do not run pods")->needs(dev);
  app.add_option("--log-format", arguments.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_flag("--debug", arguments.debug, "Log more");
}

}  // namespace

int run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("PostgreSQL operator, wire compatible with 4.2.0", "postgres-operator");
  app.set_version_flag("--version", std::string(kVersion));
  app.footer(
      "Without --dev it works in a Kubernetes cluster, with the environment of 4.2.0's Deployment\n"
      "(PGO_OPERATOR_NAMESPACE and PGO_INSTALLATION_NAME are required).\n"
      "Example:\n  postgres-operator --dev --state-dir ~/databases");
  add_options(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!arguments.dev) {
    return serve({.kubeconfig = arguments.kubeconfig,
                  .install = arguments.install,
                  .log_format = arguments.log_format(),
                  .debug = arguments.debug});
  }
  return run_dev(arguments);
}

}  // namespace pgo::daemon
