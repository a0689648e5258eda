#include "embedded/node/images.h"

#include "embedded/node/files.h"
#include "pgo/base/text.h"

#include <algorithm>
#include <system_error>

namespace pgo::embedded::node {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> strings(const json::Value& list) {
  std::vector<std::string> result;
  for (const json::Value& item : list.items()) result.emplace_back(item.as_string());
  return result;
}

std::unexpected<Error> wrong(std::string message, std::string_view image) {
  return fail(Code::invalid_argument, std::move(message),
              "images.yaml, image " + std::string(image));
}

Result<Image> parse_image(const json::Value& item, const fs::path& images_dir) {
  Image image;
  image.name = item["names"][0].as_string();
  if (image.name.empty()) return wrong("names must not be empty", "?");
  static constexpr std::string_view kKnown[] = {
      "names", "folder", "shares", "user", "entrypoint", "args", "env", "writable", "requires"};
  for (const json::Member& member : item.members())
    if (std::ranges::find(kKnown, std::string_view(member.key)) == std::end(kKnown))
      return wrong("unknown key " + std::string(member.key), image.name);
  std::string folder(item["folder"].as_string(image.name));
  if (!is_file_name(folder)) return wrong("folder must be one name", image.name);
  image.folder = images_dir / folder;
  for (const std::string& share : strings(item["shares"])) {
    if (!is_file_name(share)) return wrong("shares are names of folders", image.name);
    image.shares.push_back(images_dir / share);
  }
  if (const json::Value& user = item["user"]; user.is_object()) {
    image.user = user["name"].as_string(image.user);
    image.uid = static_cast<int>(user["uid"].as_int(image.uid));
    image.gid = static_cast<int>(user["gid"].as_int(image.uid));
    if (!is_file_name(image.user) || image.user.find(':') != image.user.npos || image.uid < 0)
      return wrong("user needs a name and a uid", image.name);
  }
  if (item["entrypoint"].is_array()) image.entrypoint = strings(item["entrypoint"]);
  if (image.entrypoint.empty()) return wrong("entrypoint must not be empty", image.name);
  image.args = strings(item["args"]);
  for (const json::Member& member : item["env"].members())
    image.env[member.key] = member.value.as_string();
  image.writable = strings(item["writable"]);
  for (const std::string& path : image.writable)
    if (!path.starts_with('/')) return wrong("writable folders are absolute paths", image.name);
  for (const json::Member& member : item["requires"].members())
    image.required_files[member.key] = member.value.as_string();
  return image;
}

// Adds the binds for one folder of rootfs/.
Result<void> add_overlay(const fs::path& folder, const std::string& target,
                         std::vector<ReadOnlyBind>& binds) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (auto entry = fs::directory_iterator(folder, error);
       !error && entry != fs::directory_iterator(); entry.increment(error))
    entries.push_back(*entry);
  if (error)
    return fail(Code::failed_precondition,
                "cannot read " + folder.string() + ": " + error.message());
  std::ranges::sort(entries, {}, [](const auto& entry) { return entry.path(); });
  bool has_files = std::ranges::any_of(entries, [](const auto& entry) {
    std::error_code ignored;
    return !entry.is_directory(ignored) || entry.is_symlink(ignored);
  });
  if (has_files && !target.empty() && target != "/etc") {
    binds.push_back({folder, target});
    return {};
  }
  for (const auto& entry : entries) {
    std::string inner = target + "/" + entry.path().filename().string();
    std::error_code ignored;
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) {
      PGO_TRY_VOID(add_overlay(entry.path(), inner, binds));
    } else {
      binds.push_back({entry.path(), inner});
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> Image::missing_packages() const {
  std::vector<std::string> missing;
  std::error_code ignored;
  for (const auto& [package, file] : required_files)
    if (!fs::exists(file, ignored)) missing.push_back(package);
  return missing;
}

Result<ImageCatalogue> ImageCatalogue::from_value(const json::Value& file,
                                                  const fs::path& images_dir) {
  ImageCatalogue catalogue;
  for (const json::Value& item : file["images"].items()) {
    PGO_TRY(Image image, parse_image(item, images_dir));
    for (const std::string& name : strings(item["names"]))
      if (!catalogue.by_name_.emplace(name, catalogue.images_.size()).second)
        return wrong("the name stands twice", name);
    catalogue.images_.push_back(std::move(image));
  }
  if (catalogue.empty())
    return fail(Code::invalid_argument, "no images listed", (images_dir / "images.yaml").string());
  return catalogue;
}

std::string image_name(std::string_view reference) {
  reference = reference.substr(0, reference.find('@'));
  if (auto slash = reference.rfind('/'); slash != reference.npos)
    reference.remove_prefix(slash + 1);
  return std::string(reference.substr(0, reference.find(':')));
}

Result<Image> ImageCatalogue::find(std::string_view reference) const {
  auto found = by_name_.find(image_name(reference));
  if (found == by_name_.end())
    return fail(Code::not_found,
                "the local node has no image " + image_name(reference) +
                    "; add it to images.yaml (see docs/images.md)",
                std::string(reference));
  return images_[found->second];
}

std::vector<std::string> ImageCatalogue::names() const {
  std::vector<std::string> known;
  known.reserve(by_name_.size());
  for (const auto& entry : by_name_) known.push_back(entry.first);
  return known;
}

Result<std::vector<ReadOnlyBind>> image_binds(const Image& image) {
  std::error_code error;
  if (!fs::is_directory(image.folder, error))
    return fail(Code::not_found, "no image folder " + image.folder.string(), image.name);
  std::vector<ReadOnlyBind> binds;
  if (fs::path entrypoint = image.folder / "entrypoint"; fs::exists(entrypoint, error))
    binds.push_back({entrypoint, "/entrypoint"});
  std::vector<fs::path> folders = image.shares;
  folders.push_back(image.folder);
  for (const fs::path& folder : folders) {
    if (fs::path rootfs = folder / "rootfs"; fs::is_directory(rootfs, error)) {
      PGO_TRY_VOID(add_overlay(rootfs, "", binds));
    }
  }
  return binds;
}

}  // namespace pgo::embedded::node
