#pragma once

#include "pgo/kube/object.h"
#include "pgo/kube/transport.h"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgo::kube {

/// Which objects a list, watch or deletecollection takes. Empty selectors take all.
struct ListOptions {
  std::string label_selector{};
  std::string field_selector{};
  int limit = 0;  ///< page size; 0 = no paging
  std::string continue_token{};
  std::string resource_version{};
};

struct ObjectList {
  std::vector<Object> items{};
  std::string resource_version{};  ///< where a watch goes on from
  std::string continue_token{};    ///< empty on the last page
};

/// Guards of a deletion and what happens to dependents.
struct DeleteOptions {
  std::string uid{};               ///< delete only this very object: 409 when another took its name
  std::string resource_version{};  ///< delete only this very version
  std::string propagation = "Background";  ///< Background, Foreground or Orphan
  std::optional<int> grace_period_seconds{};
};

enum class PatchType { json, merge, strategic };

/// The verbs of the Kubernetes API over a Transport. Stateless and cheap; thread safe.
/// Every failing answer becomes an Error with the code of its status, the subject
/// "Kind ns/name", and the server's message.
class Client {
 public:
  /// `transport` must outlive the client. A request on `stop` ends running calls with `cancelled`.
  explicit Client(Transport& transport, std::stop_token stop = {})
      : transport_(&transport), stop_(std::move(stop)) {}

  Result<Object> get(const ResourceType& type, std::string_view ns, std::string_view name) const;
  /// `ns` empty lists all namespaces.
  Result<ObjectList> list(const ResourceType& type, std::string_view ns,
                          const ListOptions& options = {}) const;
  /// The stored object, with uid, resourceVersion and defaults.
  Result<Object> create(const ResourceType& type, const Object& object) const;
  /// PUT; `object` carries the resourceVersion it was read at (409 when it is stale).
  Result<Object> update(const ResourceType& type, const Object& object) const;
  Result<Object> update_status(const ResourceType& type, const Object& object) const;
  /// `subresource`: empty, "status" or "scale".
  Result<Object> patch(const ResourceType& type, std::string_view ns, std::string_view name,
                       PatchType patch_type, const json::Value& patch,
                       std::string_view subresource = {}) const;
  Result<void> remove(const ResourceType& type, std::string_view ns, std::string_view name,
                      const DeleteOptions& options = {}) const;
  Result<void> remove_collection(const ResourceType& type, std::string_view ns,
                                 const ListOptions& which, const DeleteOptions& options = {}) const;
  Result<ExecResult> exec(const ExecRequest& request) const;
  /// The container's log so far; `tail_lines` 0 = all.
  Result<std::string> log(std::string_view ns, std::string_view pod, std::string_view container,
                          int tail_lines = 0) const;

  /// The same client, for who has no more time than this for each call.
  Client with_timeout(std::chrono::milliseconds timeout) const {
    Client hurried = *this;
    hurried.timeout_ = timeout;
    return hurried;
  }

  Transport& transport() const { return *transport_; }
  const std::stop_token& stop() const { return stop_; }
  std::chrono::milliseconds timeout() const { return timeout_; }

 private:
  Transport* transport_;
  std::stop_token stop_;
  std::chrono::milliseconds timeout_ = Request().timeout;
};

/// The path of a collection ("/apis/apps/v1/namespaces/ns/deployments") or, with a name, of one
/// object, or with a subresource of that. `ns` empty on a namespaced type: all namespaces.
std::string path_of(const ResourceType& type, std::string_view ns, std::string_view name = {},
                    std::string_view subresource = {});

/// Appends "key=value" to the query of `path`, the value percent-encoded.
void add_query(std::string& path, std::string_view key, std::string_view value);

/// `path` with the query that `options` stand for.
std::string path_with_options(std::string path, const ListOptions& options);

/// The Error that a failing answer stands for: the code by status and reason, the message of its
/// metav1.Status where it has one. Also for the Status object inside a watch's ERROR event (give
/// status 0, the code is taken from the document).
Error error_from_response(const Response& response, std::string subject);

}  // namespace pgo::kube
