#include "rest_client.h"

#include "pgo/base/text.h"

namespace pgo::cli {
namespace {

class ChannelClient final : public RestClient {
 public:
  explicit ChannelClient(std::shared_ptr<RestChannel> channel) : channel_(std::move(channel)) {}

  Result<Answer> send(const std::string& method, const std::string& path,
                      const std::string& body) override {
    PGO_TRY(RestAnswer answer, channel_->send({.method = method, .path = path, .body = body}));
    return Answer{answer.status, std::move(answer.body)};
  }

 private:
  std::shared_ptr<RestChannel> channel_;
};

}  // namespace

Result<std::unique_ptr<RestClient>> connect(const Settings& settings) {
  PGO_TRY(auto channel, connect_rest(settings));
  return std::make_unique<ChannelClient>(std::move(channel));
}

std::string with_query(std::string path, const Query& query) {
  char separator = '?';
  for (const auto& [key, value] : query) {
    path += separator;
    path += key;
    path += '=';
    path += text::percent_encode(value);
    separator = '&';
  }
  return path;
}

}  // namespace pgo::cli
