#pragma once

#include "embedded/controllers/decision.h"

#include <optional>
#include <string>
#include <string_view>

/// Small questions about observed objects that several controllers ask.
namespace pgo::embedded::controllers {

/// The owner that controls this object, if any.
std::optional<kube::OwnerReference> controller_of(const kube::Object& object);
/// UID of the controlling owner without copying the rest; empty when there is none.
std::string_view controller_uid(const kube::Object& object);
kube::OwnerReference controller_reference(const kube::ResourceType& type,
                                          const kube::Object& owner);

bool has_finalizer(const kube::Object& object, std::string_view finalizer);
/// metadata.finalizers without one of them.
json::Value finalizers_without(const kube::Object& object, std::string_view finalizer);
json::Value finalizers_with(const kube::Object& object, std::string_view finalizer);

/// A time member, or nothing when absent or unreadable.
std::optional<TimePoint> time_of(const json::Value& value);
std::optional<TimePoint> created_at(const kube::Object& object);

std::string_view phase(const kube::Object& pod);
/// Succeeded or Failed.
bool finished(const kube::Object& pod);
/// Neither finished nor being deleted.
bool active(const kube::Object& pod);
bool ready(const kube::Object& pod);
std::optional<TimePoint> ready_since(const kube::Object& pod);
/// Ready for at least `min_ready`.
bool available(const kube::Object& pod, Duration min_ready, TimePoint now);
/// When the last container of a finished pod ended; its creation when that is not told.
TimePoint finished_at(const kube::Object& pod);

const json::Value* find_condition(const json::Value& status, std::string_view type);
bool condition_is(const json::Value& status, std::string_view type, std::string_view state);
/// Sets a condition; its transition time moves only when its state does.
void set_condition(json::Value& status, std::string_view type, std::string_view state,
                   std::string_view reason, std::string_view message, TimePoint now,
                   bool with_update_time = false);
void drop_condition(json::Value& status, std::string_view type);

/// Whether `labels` (a labels document) satisfies metav1.LabelSelector `selector`. An empty or
/// absent selector matches nothing here, as controllers want it.
bool selects(const json::Value& selector, const json::Value& labels);
/// Equality requirements only, as in Service.spec.selector; empty matches nothing.
bool selects_all(const json::Value& pairs, const json::Value& labels);

/// An int-or-percent field: "25%" of `total`, or the number; `fallback` when absent.
int scaled(const json::Value& value, int total, bool round_up, std::string_view fallback);

/// `bits` written in `length` letters of Kubernetes' safe alphabet (no vowels, no 0 1 3).
std::string safe_letters(std::uint64_t bits, std::size_t length);

}  // namespace pgo::embedded::controllers
