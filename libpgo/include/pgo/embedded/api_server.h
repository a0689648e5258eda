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
#include <optional>
#include <string>
#include <string_view>
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

/// The client's side of an interactive command (`kubectl exec`). Thread safe; nothing here waits.
class ExecStreams {
 public:
  struct TerminalSize {
    std::uint16_t rows = 0, columns = 0;
  };
  struct Input {
    std::string text;                  ///< all that has come since it was last asked for
    bool ended = false;                ///< no more will come, also because the client has gone
    std::optional<TerminalSize> size;  ///< when the client's terminal has (another) size
  };
  virtual ~ExecStreams() = default;
  /// The command gets a terminal: its two outputs are one.
  virtual bool terminal() const = 0;
  /// Nothing can be typed: the input is empty from the start.
  virtual bool without_input() const = 0;
  virtual Input take_input() = 0;
  /// The client is slow: write no more until `ready` is called.
  virtual bool crowded() = 0;
  /// `ready` is called, from any thread and perhaps for nothing, when there is input to take or
  /// the client is no longer slow; at once for what has come before. It must not call back. Empty =
  /// no more calls, and none runs any more when this returns.
  virtual void on_ready(std::function<void()> ready) = 0;
  virtual void write_out(std::string_view text) = 0;
  virtual void write_err(std::string_view text) = 0;
};

/// How far a follower of a log has read: so many bytes of all that one run of a container wrote.
struct LogPosition {
  std::string run{};
  std::uint64_t bytes = 0;
};
struct LogPiece {
  std::string text{};
  LogPosition end{};
};

/// Runs commands and reads logs in containers; given by the local node. Thread safe; calls may
/// block for as long as the command runs.
class ContainerRuntime {
 public:
  virtual ~ContainerRuntime() = default;
  /// Runs a command with its streams connected (`kubectl exec`), waits for its end and returns the
  /// exit code; `request.stdin_data` is not used. Unless overridden: has no terminals, waits for
  /// the end of the input, calls `exec` and hands out what that collected.
  virtual Result<int> exec_streams(const kube::ExecRequest& request,
                                   const std::shared_ptr<ExecStreams>& streams);
  virtual Result<kube::ExecResult> exec(const kube::ExecRequest& request) = 0;
  /// `tail_lines` 0 = everything kept; `previous` = the container's last run.
  virtual Result<std::string> log(const std::string& ns, const std::string& pod,
                                  const std::string& container, int tail_lines, bool previous) = 0;
  /// What is kept of what the container wrote after `from`; of another run than that, everything.
  /// Unless overridden: the end of `log`, for runtimes whose logs only grow.
  virtual Result<LogPiece> log_since(const std::string& ns, const std::string& pod,
                                     const std::string& container, const LogPosition& from);
};

/// The API server: store, semantics, watch. Thread safe. Needs no thread of its own; the HTTPS
/// front (`serve_https`) is apart. With a virtual clock and a seeded IdSource, used by one thread,
/// it is deterministic.
///
///     auto server = *ApiServer::create({}, clock, ids, log);       // in memory
///     auto transport = server->transport(Identity::admin());
///     kube::Client client(*transport);
///     client.create(kube::types::kNamespace, kube::Object(kube::types::kNamespace, "", "ns"));
///
/// Facts worth knowing:
/// - The namespaces default, kube-system, kube-public and kube-node-lease exist from the start;
///   creating in any other needs it first (404), in one that ends is refused (403).
/// - A watch's first `poll` must be made by its owner; `on_ready` is called after that, by a
///   thread that writes or commits and after the commit, once until the next `poll`. Do not destroy
///   a stream while holding a lock that its `on_ready` takes.
/// - A write is answered, and seen by others, when the database has it.
/// - Names that end in five random characters (generateName) come from `ids`, stamps from `clock`.
/// - Custom types are served as soon as the creation of their definition is answered.
/// - A pod that is bound to a node stays after DELETE with deletionTimestamp set until it is
/// deleted
///   again with grace period 0; a namespace stays until PUT .../finalize empties spec.finalizers;
///   Foreground and Orphan leave finalizers for the garbage collector.
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
  /// The door of `Controllers`, as admin: their writes do not wait for the database, and they see
  /// what is not in it yet. For nobody who does anything outside of this API about what he sees: a
  /// write that the database refuses is taken back.
  std::unique_ptr<kube::Transport> controllers_transport();

  /// Where exec and log requests go; without one they answer 501. May be set once, any time.
  void set_container_runtime(ContainerRuntime* runtime);

  /// A bearer token for a service account or an admin user, valid while the server's key lives, and
  /// no longer than the account if that is there now.
  std::string issue_token(const Identity& identity);
  /// The identity behind a token, or `unauthenticated`.
  Result<Identity> authenticate(std::string_view token) const;

  /// The current resourceVersion.
  std::uint64_t version() const;

  struct Impl;
  /// For `create`.
  explicit ApiServer(std::unique_ptr<Impl> impl);
  /// For the HTTPS front.
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo::embedded
