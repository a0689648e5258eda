#include "pgo/operations/reader.h"

#include "pgo/base/text.h"
#include "pgo/kube/selector.h"

#include <algorithm>

namespace pgo::operations {

Result<ObjectPtr> DirectReader::get(const kube::ResourceType& type, std::string_view ns,
                                    std::string_view name) {
  PGO_TRY(kube::Object object, client_.get(type, ns, name));
  return std::make_shared<const kube::Object>(std::move(object));
}

Result<std::vector<ObjectPtr>> DirectReader::list(const kube::ResourceType& type,
                                                  std::string_view ns, std::string_view selector) {
  PGO_TRY_VOID(kube::LabelSelector::parse(selector));
  kube::ListOptions options;
  options.label_selector = std::string(selector);
  PGO_TRY(kube::ObjectList list, client_.list(type, ns, options));
  std::vector<ObjectPtr> objects;
  objects.reserve(list.items.size());
  for (kube::Object& item : list.items) {
    objects.push_back(std::make_shared<const kube::Object>(std::move(item)));
  }
  std::ranges::sort(objects, {}, [](const ObjectPtr& object) { return object->name(); });
  return objects;
}

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
