#pragma once

#include "pgo/base/clock.h"
#include "pgo/kube/client.h"
#include "pgo/kube/object.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the pure halves of the controllers return, and what the shell around them carries out.
namespace pgo::embedded::controllers {

/// An observed object; never changed after it was observed.
using Seen = std::shared_ptr<const kube::Object>;

enum class Verb { create, update, update_status, patch, patch_status, bind, remove };

/// One write. `create`, `update` and `update_status` send `object`; the others use it to name their
/// target and send `patch` (merge patch) or `options`.
struct Write {
  Verb verb = Verb::create;
  kube::ResourceType type;
  kube::Object object;
  json::Value patch;
  kube::DeleteOptions options;
};

/// A Kubernetes Event about the object a decision was made for.
struct Note {
  std::string_view type;  ///< "Normal" or "Warning"
  std::string_view reason;
  std::string message;
  Seen about;  ///< another object than the one decided for, or null
};

/// What to do now, in order, and when to look again though nothing changes.
struct Decision {
  std::vector<Write> writes;
  std::vector<Note> notes;
  std::optional<TimePoint> again;

  void look_again(TimePoint at) {
    if (!again || at < *again) again = at;
  }
  void create(const kube::ResourceType& type, kube::Object object) {
    writes.push_back({Verb::create, type, std::move(object), {}, {}});
  }
  void update(const kube::ResourceType& type, kube::Object object) {
    writes.push_back({Verb::update, type, std::move(object), {}, {}});
  }
  void update_status(const kube::ResourceType& type, kube::Object object) {
    writes.push_back({Verb::update_status, type, std::move(object), {}, {}});
  }
  /// A merge patch that is refused (409) when `target` has changed since it was observed.
  void patch(const kube::ResourceType& type, const kube::Object& target, json::Value patch);
  void patch_status(const kube::ResourceType& type, const kube::Object& target, json::Value status);
  /// Deletes this very object (UID precondition) and no later one of its name.
  void remove(const kube::ResourceType& type, const kube::Object& target,
              std::string propagation = "Background", std::optional<int> grace_seconds = {});
  void note(std::string_view type, std::string_view reason, std::string message, Seen about = {}) {
    notes.push_back({type, reason, std::move(message), std::move(about)});
  }
};

}  // namespace pgo::embedded::controllers
