#pragma once

#include "pgo/base/result.h"
#include "pgo/kube/client.h"
#include "pgo/kube/object.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::operations {

using ObjectPtr = std::shared_ptr<const kube::Object>;

/// One object of many that were found. It may be held packed, and `object` unpacks it anew each
/// time: who looks at a thousand, one after the other, holds one. Immutable.
class Listed {
 public:
  Listed() = default;
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;
  virtual ~Listed() = default;

  virtual std::string_view name() const = 0;
  /// The cluster it belongs to by its label; nothing without that label.
  virtual std::optional<std::string_view> cluster() const = 0;
  virtual ObjectPtr object() const = 0;
};
using ListedPtr = std::shared_ptr<const Listed>;

/// Where operations read from: a cache in the daemon, the API itself elsewhere. Thread safe.
class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;

  /// `not_found` when there is no such object.
  virtual Result<ObjectPtr> get(const kube::ResourceType& type, std::string_view ns,
                                std::string_view name) = 0;
  /// Objects by label selector text ("" = all), sorted by name. `invalid_argument` for a selector
  /// that cannot be parsed.
  virtual Result<std::vector<ListedPtr>> find(const kube::ResourceType& type, std::string_view ns,
                                              std::string_view selector) = 0;
  /// The same, for few objects: all of them unpacked.
  Result<std::vector<ObjectPtr>> list(const kube::ResourceType& type, std::string_view ns,
                                      std::string_view selector);
};

/// Asks the API every time.
class DirectReader final : public Reader {
 public:
  explicit DirectReader(kube::Client client) : client_(client) {}
  Result<ObjectPtr> get(const kube::ResourceType& type, std::string_view ns,
                        std::string_view name) override;
  Result<std::vector<ListedPtr>> find(const kube::ResourceType& type, std::string_view ns,
                                      std::string_view selector) override;

 private:
  kube::Client client_;
};

/// An object that is at hand, as one of a list.
ListedPtr listed(ObjectPtr object);

/// `value` when it is there, nothing when the reader says `not_found`; other errors pass.
Result<ObjectPtr> get_if_exists(Reader& reader, const kube::ResourceType& type, std::string_view ns,
                                std::string_view name);

/// The value of a key of a Secret, decoded from base64 ("data") or as is ("stringData"); empty when
/// absent or undecodable.
std::string secret_text(const kube::Object& secret, std::string_view key);

}  // namespace pgo::operations
