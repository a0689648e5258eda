#include "folder_copy.h"

#include <fstream>
#include <iterator>
#include <system_error>

namespace pgo::daemon {

namespace fs = std::filesystem;

Result<FolderCopy> FolderCopy::read(const fs::path& folder) {
  FolderCopy copy;
  try {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::string content{std::istreambuf_iterator<char>(file), {}};
      if (!file) {
        return fail(Code::failed_precondition, "the file cannot be read", entry.path().string());
      }
      copy.files_.push_back({.path = fs::relative(entry.path(), folder),
                             .mode = entry.status().permissions(),
                             .content = std::move(content)});
    }
  } catch (const fs::filesystem_error& error) {
    return fail(Code::failed_precondition, "reading the folder: " + error.code().message(),
                folder.string());
  }
  return copy;
}

Result<void> FolderCopy::write(const fs::path& folder) const {
  try {
    fs::remove_all(folder);
    for (const File& file : files_) {
      const fs::path path = folder / file.path;
      fs::create_directories(path.parent_path());
      std::ofstream stream(path, std::ios::binary);
      stream << file.content;
      stream.close();
      if (!stream) {
        return fail(Code::failed_precondition, "the file cannot be written", path.string());
      }
      fs::permissions(path, file.mode);
    }
  } catch (const fs::filesystem_error& error) {
    return fail(Code::failed_precondition, "writing the folder: " + error.code().message(),
                folder.string());
  }
  return {};
}

}  // namespace pgo::daemon
