#include "embedded/node/files.h"
#include "embedded/node/images.h"
#include "pgo/yaml/yaml.h"

namespace pgo::embedded::node {

namespace fs = std::filesystem;

Result<ImageCatalogue> ImageCatalogue::load(const fs::path& images_dir) {
  fs::path file = images_dir / "images.yaml";
  PGO_TRY(std::string text, read_file(file));
  auto value = yaml::parse(text);
  if (!value) return fail(std::move(value).error().with_context(file.string()));
  return from_value(*value, images_dir);
}

}  // namespace pgo::embedded::node
