#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/base/result.h"
#include "pgo/kube/transport.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// A Kubernetes API inside the process.
namespace pgo::embedded {

/// Who makes a request; RBAC decides by these. Source: Kubernetes, "Authenticating".
struct Identity {
  std::string user;
  std::vector<std::string> groups;
  /// Member of system:masters: everything is allowed.
  static Identity admin();
  /// "system:serviceaccount:NS:NAME" with its groups.
  static Identity service_account(std::string_view ns, std::string_view name);
};

struct ApiServerOptions {
  std::filesystem::path database;  ///< SQLite file; empty = memory only
  /// How many watch events are kept for resuming watches; older versions answer 410.
  std::size_t history = 50'000;
  /// Enforce RBAC (off: every identity may do everything).
  bool rbac = true;
  /// Services without a clusterIP get the first free address of
  /// PREFIX.FIRST.1 .. PREFIX.LAST.254.
  std::string service_prefix = "127.77";
  int service_first = 128;
  int service_last = 255;
};

/// Runs commands and reads logs in containers; given by the local node.
class ContainerRuntime {
 public:
  virtual ~ContainerRuntime() = default;
  virtual Result<kube::ExecResult> exec(const kube::ExecRequest& request) = 0;
  /// `tail_lines` 0 = everything kept; `previous` = the container's last run.
  virtual Result<std::string> log(const std::string& ns, const std::string& pod,
                                  const std::string& container, int tail_lines, bool previous) = 0;
};

/// The API server: store, semantics, watch. Thread safe. Needs no thread of its own; the HTTPS
/// front (`serve_https`) is apart.
class ApiServer {
 public:
  /// `clock` and `ids` must outlive the server. Opens or makes the database.
  static Result<std::unique_ptr<ApiServer>> create(ApiServerOptions options, const Clock& clock,
                                                   IdSource& ids, Log log);
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  ~ApiServer();

  /// A door for one identity, by direct calls without sockets. The server must outlive it.
  std::unique_ptr<kube::Transport> transport(Identity identity);

  /// Where exec and log requests go; without one they answer 501. May be set once, any time.
  void set_container_runtime(ContainerRuntime* runtime);

  /// A bearer token for a service account or an admin user, valid while the server's key lives.
  std::string issue_token(const Identity& identity);
  /// The identity behind a token, or `unauthenticated`.
  Result<Identity> authenticate(std::string_view token) const;

  /// The current resourceVersion.
  std::uint64_t version() const;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit ApiServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo::embedded
