#pragma once

#include "pgo/base/result.h"
#include "pgo/json/value.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::node {

/// One image of the catalogue; see docs/images.md for the meaning of each part.
struct Image {
  std::string name;  ///< the first of its names
  std::filesystem::path folder;
  std::vector<std::filesystem::path> shares;  ///< further folders whose rootfs/ is bound too
  std::string user = "nobody";
  int uid = 65534;
  int gid = 65534;
  std::vector<std::string> entrypoint{"/entrypoint"};
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::vector<std::string> writable;
  std::map<std::string, std::filesystem::path> required_files;  ///< package -> a file of it

  /// Packages whose file is not there.
  std::vector<std::string> missing_packages() const;
};

/// One read-only bind: a file or folder of the host and where it appears.
struct ReadOnlyBind {
  std::filesystem::path source;
  std::string target;
  bool operator==(const ReadOnlyBind&) const = default;
};

/// The images of `images.yaml`. A value; thread safe for reading.
class ImageCatalogue {
 public:
  ImageCatalogue() = default;
  /// Reads `images_dir`/images.yaml.
  static Result<ImageCatalogue> load(const std::filesystem::path& images_dir);
  /// As `load`, from the parsed file.
  static Result<ImageCatalogue> from_value(const json::Value& file,
                                           const std::filesystem::path& images_dir);

  /// The image for a reference such as "registry/prefix/name:tag", or `not_found`.
  Result<Image> find(std::string_view reference) const;
  const std::vector<Image>& all() const { return images_; }
  /// Every name that `find` knows.
  std::vector<std::string> names() const;
  bool empty() const { return images_.empty(); }

 private:
  std::vector<Image> images_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

/// The last path part of an image reference without tag and digest.
std::string image_name(std::string_view reference);

/// What of an image's folder goes into the sandbox: its entrypoint, and the topmost folders of
/// rootfs/ that hold files directly (those of rootfs/etc and of rootfs/ itself file by file).
Result<std::vector<ReadOnlyBind>> image_binds(const Image& image);

}  // namespace pgo::embedded::node
