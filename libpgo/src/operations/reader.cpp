#include "pgo/operations/reader.h"

#include "pgo/base/text.h"
#include "pgo/kube/selector.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <utility>

namespace pgo::operations {

Result<ObjectPtr> DirectReader::get(const kube::ResourceType& type, std::string_view ns,
                                    std::string_view name) {
  PGO_TRY(kube::Object object, client_.get(type, ns, name));
  return std::make_shared<const kube::Object>(std::move(object));
}

Result<std::vector<ListedPtr>> DirectReader::find(const kube::ResourceType& type,
                                                  std::string_view ns, std::string_view selector) {
  PGO_TRY_VOID(kube::LabelSelector::parse(selector));
  kube::ListOptions options;
  options.label_selector = std::string(selector);
  PGO_TRY(kube::ObjectList list, client_.list(type, ns, options));
  std::vector<ListedPtr> found;
  found.reserve(list.items.size());
  for (kube::Object& item : list.items) {
    found.push_back(listed(std::make_shared<const kube::Object>(std::move(item))));
  }
  std::ranges::sort(found, {}, [](const ListedPtr& one) { return one->name(); });
  return found;
}

Result<std::vector<ObjectPtr>> Reader::list(const kube::ResourceType& type, std::string_view ns,
                                            std::string_view selector) {
  PGO_TRY(const std::vector<ListedPtr> found, find(type, ns, selector));
  std::vector<ObjectPtr> objects;
  objects.reserve(found.size());
  for (const ListedPtr& one : found) objects.push_back(one->object());
  return objects;
}

namespace {

class AtHand final : public Listed {
 public:
  explicit AtHand(ObjectPtr object) : object_(std::move(object)) {}
  std::string_view name() const override { return object_->name(); }
  std::optional<std::string_view> cluster() const override {
    const json::Value& labels = (*object_)["metadata"]["labels"];
    if (const json::String* label = labels[model::label::kCluster].if_string()) return *label;
    return std::nullopt;
  }
  ObjectPtr object() const override { return object_; }

 private:
  ObjectPtr object_;
};

}  // namespace

ListedPtr listed(ObjectPtr object) { return std::make_shared<const AtHand>(std::move(object)); }

Result<ObjectPtr> get_if_exists(Reader& reader, const kube::ResourceType& type, std::string_view ns,
                                std::string_view name) {
  auto found = reader.get(type, ns, name);
  if (!found && found.error().code == Code::not_found) return ObjectPtr{};
  return found;
}

std::string secret_text(const kube::Object& secret, std::string_view key) {
  if (const auto* plain = secret["stringData"][key].if_string()) return *plain;
  return text::base64_decode(secret["data"][key].as_string()).value_or("");
}

}  // namespace pgo::operations
