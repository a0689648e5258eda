#include "embedded/api/exec_conversation.h"
#include "embedded/api/spdy.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace pgo::embedded::api {
namespace {

constexpr std::string_view kSpdy = "SPDY/3.1";
constexpr std::string_view kProtocolHeader = "X-Stream-Protocol-Version";
constexpr std::string_view kProtocol = "v4.channel.k8s.io";
/// As kubelet has it.
constexpr std::chrono::seconds kOpening{30};
/// A client goes when it has read everything; who hangs up first may cut it short.
constexpr std::chrono::seconds kReading{10};

enum class Channel { error, input, out, err, resize };

std::optional<Channel> channel_of(const spdy::Headers& headers) {
  static const std::map<std::string_view, Channel> kTypes = {{"error", Channel::error},
                                                             {"stdin", Channel::input},
                                                             {"stdout", Channel::out},
                                                             {"stderr", Channel::err},
                                                             {"resize", Channel::resize}};
  for (const auto& [name, value] : headers) {
    if (name != "streamtype") continue;
    const auto found = kTypes.find(value);
    if (found != kTypes.end()) return found->second;
  }
  return std::nullopt;
}

/// Each channel is a stream that the client opens, the status of the command one of them.
class SpdyExec final : public ExecConversation {
 public:
  SpdyExec(std::shared_ptr<http::Duplex> connection, const WantedStreams& wanted)
      : ExecConversation(std::move(connection), wanted.terminal, wanted.input) {
    missing_.insert(Channel::error);
    if (wanted.input) missing_.insert(Channel::input);
    if (wanted.out) missing_.insert(Channel::out);
    // A terminal has one output, and a size.
    if (wanted.terminal) missing_.insert(Channel::resize);
    if (wanted.err && !wanted.terminal) missing_.insert(Channel::err);
  }

  bool receive(const std::string& bytes) override {
    return reader_.feed(bytes, [this](const spdy::Frame& frame) { take(frame); }).has_value();
  }

  bool begin(const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, stop, kOpening, [this] { return missing_.empty(); });
  }

  void finish(const json::Value& status, const std::stop_token& stop) override {
    for (const Channel channel : {Channel::out, Channel::err}) send(channel, {}, true);
    send(Channel::error, json::write(status), true);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, kReading, [] { return false; });
    lock.unlock();
    duplex().close();
  }

  void write_out(std::string_view text) override { send(Channel::out, text, false); }
  void write_err(std::string_view text) override { send(Channel::err, text, false); }

 private:
  void take(const spdy::Frame& frame) {
    switch (frame.kind) {
      case spdy::Kind::open:
        return open(frame);
      case spdy::Kind::ping:
        // Ours would be even; there are none.
        if (frame.stream % 2 == 1) duplex().send(spdy::Writer::ping(frame.stream));
        return;
      case spdy::Kind::data:
      case spdy::Kind::reset:
        return take_data(frame);
      case spdy::Kind::other:
        return;
    }
  }

  void open(const spdy::Frame& frame) {
    const std::optional<Channel> channel = channel_of(frame.headers);
    {
      const std::lock_guard lock(mutex_);
      if (!channel || missing_.erase(*channel) == 0) {
        duplex().send(spdy::Writer::refuse(frame.stream));
        return;
      }
      streams_[*channel] = frame.stream;
      duplex().send(writer_.accept(frame.stream));
      changed_.notify_all();
    }
    if (frame.last && *channel == Channel::input) end_input();
  }

  void take_data(const spdy::Frame& frame) {
    const bool gone = frame.last || frame.kind == spdy::Kind::reset;
    if (is(Channel::input, frame.stream)) {
      if (!frame.data.empty()) add_input(frame.data);
      if (gone) end_input();
    } else if (is(Channel::resize, frame.stream)) {
      // One document a line, cut anywhere.
      sizes_ += frame.data;
      for (std::size_t end = 0; (end = sizes_.find('\n')) != std::string::npos;) {
        resize(std::string_view(sizes_).substr(0, end));
        sizes_.erase(0, end + 1);
      }
      if (sizes_.size() > kMostSize) sizes_.clear();
    }
  }

  bool is(Channel channel, std::uint32_t stream) {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(channel);
    return found != streams_.end() && found->second == stream;
  }

  void send(Channel channel, std::string_view text, bool last) {
    if (text.empty() && !last) return;
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(channel);
    if (found != streams_.end()) duplex().send(spdy::Writer::data(found->second, text, last));
  }

  static constexpr std::size_t kMostSize = 1024;

  spdy::Reader reader_;
  std::string sizes_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  spdy::Writer writer_;
  std::set<Channel> missing_;
  std::map<Channel, std::uint32_t> streams_;
};

}  // namespace

std::shared_ptr<ExecConversation> accept_spdy_exec(const http::Request& request,
                                                   http::Responder& responder,
                                                   const WantedStreams& wanted) {
  if (!request.header_lists("Upgrade", kSpdy)) return nullptr;
  if (!request.header_lists(kProtocolHeader, kProtocol)) return nullptr;
  return std::make_shared<SpdyExec>(
      responder.accept_upgrade(std::string(kSpdy),
                               {{std::string(kProtocolHeader), std::string(kProtocol)}}),
      wanted);
}

}  // namespace pgo::embedded::api
