#include "pgo/kube/auth.h"

#include "pgo/base/text.h"

#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <sys/stat.h>
#include <tuple>
#include <utility>

namespace pgo::kube {
namespace {

class FixedAuth final : public Auth {
 public:
  explicit FixedAuth(std::string authorization) : authorization_(std::move(authorization)) {}
  Result<Credentials> credentials() override {
    Credentials result;
    result.authorization = authorization_;
    return result;
  }

 private:
  const std::string authorization_;
};

class TokenFileAuth final : public Auth {
 public:
  explicit TokenFileAuth(std::filesystem::path file) : file_(std::move(file)) {}

  Result<Credentials> credentials() override {
    const std::lock_guard lock(mutex_);
    // A stat per request is cheap beside the request, and needs no clock.
    struct stat status{};
    if (::stat(file_.c_str(), &status) == 0) {
      const Identity now{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                         status.st_mtim.tv_nsec};
      if (seen_ != now) read(now);
    }
    if (token_.empty()) {
      return fail(Code::unauthenticated, "the token file cannot be read or is empty",
                  file_.string());
    }
    Credentials result;
    result.authorization = "Bearer " + token_;
    return result;
  }

  void rejected() override {
    const std::lock_guard lock(mutex_);
    seen_.reset();
  }

 private:
  using Identity = std::tuple<dev_t, ino_t, off_t, time_t, long>;

  void read(const Identity& identity) {
    std::ifstream stream(file_, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(stream), {}};
    const std::string_view token = text::trim(content);
    if (!stream.good() && !stream.eof()) return;
    // Line breaks inside would smuggle headers into the request.
    if (token.empty() || token.find_first_of("\r\n") != std::string_view::npos) return;
    token_ = token;
    seen_ = identity;
  }

  const std::filesystem::path file_;
  std::mutex mutex_;
  std::optional<Identity> seen_;
  std::string token_;
};

}  // namespace

std::shared_ptr<Auth> token_auth(std::string token) {
  return std::make_shared<FixedAuth>("Bearer " + std::move(token));
}

std::shared_ptr<Auth> basic_auth(const std::string& user, const std::string& password) {
  return std::make_shared<FixedAuth>("Basic " + text::base64_encode(user + ":" + password));
}

std::shared_ptr<Auth> token_file_auth(std::filesystem::path file) {
  return std::make_shared<TokenFileAuth>(std::move(file));
}

}  // namespace pgo::kube
