#pragma once

#include "pgo/base/result.h"
#include "pgo/kube/client.h"
#include "pgo/kube/object.h"

#include <memory>
#include <string_view>
#include <vector>

namespace pgo::operations {

using ObjectPtr = std::shared_ptr<const kube::Object>;

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
  virtual Result<std::vector<ObjectPtr>> list(const kube::ResourceType& type, std::string_view ns,
                                              std::string_view selector) = 0;
};

/// Asks the API every time.
class DirectReader final : public Reader {
 public:
  explicit DirectReader(kube::Client client) : client_(client) {}
  Result<ObjectPtr> get(const kube::ResourceType& type, std::string_view ns,
                        std::string_view name) override;
  Result<std::vector<ObjectPtr>> list(const kube::ResourceType& type, std::string_view ns,
                                      std::string_view selector) override;

 private:
  kube::Client client_;
};

/// `value` when it is there, nothing when the reader says `not_found`; other errors pass.
Result<ObjectPtr> get_if_exists(Reader& reader, const kube::ResourceType& type, std::string_view ns,
                                std::string_view name);

/// The value of a key of a Secret, decoded from base64 ("data") or as is ("stringData"); empty when
/// absent or undecodable.
std::string secret_text(const kube::Object& secret, std::string_view key);

}  // namespace pgo::operations
