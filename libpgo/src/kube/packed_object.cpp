#include "pgo/kube/packed_object.h"

#include <thread>
#include <utility>

namespace pgo::kube {
namespace {

class Busy {
 public:
  explicit Busy(std::atomic_flag& flag) : flag_(flag) {
    while (flag_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy() { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag& flag_;
};

/// Not together with its counters: those stay for as long as the packed object remembers it.
std::shared_ptr<const Object> apart(Object object) {
  return std::make_unique<const Object>(std::move(object));
}

}  // namespace

std::shared_ptr<const Object> PackedObject::make(json::Value document, json::Packed packed) {
  document.seal();
  const auto self = std::make_shared<const PackedObject>(std::move(packed));
  auto object = apart(Object(std::move(document), self));
  self->hold(object);
  return object;
}

std::shared_ptr<const Object> PackedObject::object(
    const std::shared_ptr<const PackedObject>& self) {
  if (auto object = self->held()) return object;
  auto object = apart(Object(self->packed_.value(), self));
  self->hold(object);
  return object;
}

std::shared_ptr<const Object> PackedObject::held() const {
  const Busy busy(busy_);
  return object_.lock();
}

void PackedObject::hold(const std::shared_ptr<const Object>& object) const {
  const Busy busy(busy_);
  object_ = object;
}

}  // namespace pgo::kube
