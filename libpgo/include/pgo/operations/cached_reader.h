#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/kube/client.h"
#include "pgo/kube/informer.h"
#include "pgo/operations/reader.h"

#include <memory>
#include <stop_token>
#include <string>

namespace pgo::operations {

/// Reads from memory (O2): watches the namespaces of the installation and keeps, of each object,
/// what requests look at, packed. What is not there, and types or namespaces that are not kept, are
/// asked of the API itself, so that an object is seen as soon as it has been written.
///
/// `get`, `find` and `list` may be called from any thread and never wait for a watch. `step`
/// belongs to one thread: give `run` a thread, or call `step` on a virtual clock.
class CachedReader final : public Reader {
 public:
  struct Options {
    std::string operator_namespace{};  ///< its Secrets are kept: users and roles
    std::string installation_name{};   ///< namespaces labelled with it are kept
  };
  /// `clock`, `ids` and the client's transport must outlive it.
  CachedReader(kube::Client client, const Clock& clock, IdSource& ids, Log log, Options options);
  ~CachedReader() override;

  Result<ObjectPtr> get(const kube::ResourceType& type, std::string_view ns,
                        std::string_view name) override;
  Result<std::vector<ListedPtr>> find(const kube::ResourceType& type, std::string_view ns,
                                      std::string_view selector) override;

  /// One piece of work of every watch.
  kube::InformerStep step();
  /// Steps until a stop is requested, sleeping while there is nothing to do.
  void run(const std::stop_token& stop);
  /// True once everything that is to be kept has been listed.
  bool synced() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo::operations
