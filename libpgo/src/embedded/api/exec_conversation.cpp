#include "embedded/api/exec_conversation.h"

#include <algorithm>
#include <utility>

namespace pgo::embedded::api {
namespace {

/// Input that waits for a command; with more, the client has to wait too.
constexpr std::size_t kMostInput = 16u << 20;

std::uint16_t cells(const json::Value& number) {
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(number.as_int(0), 0, 0xffff));
}

}  // namespace

ExecConversation::ExecConversation(std::shared_ptr<http::Duplex> duplex, bool terminal, bool input)
    : duplex_(std::move(duplex)), terminal_(terminal), without_input_(!input), ended_(!input) {}

void ExecConversation::listen(std::function<void()> gone) {
  const std::shared_ptr<ExecConversation> self = shared_from_this();
  const auto left = [self, gone = std::move(gone)] {
    self->end_input();
    gone();
  };
  duplex_->on_message([self, left](const std::string& bytes) {
    if (self->receive(bytes)) return;
    left();  // a connection that we end ourselves is not told to be closed
    self->abandon();
  });
  duplex_->on_room([self] { self->tell(); });
  duplex_->on_closed(left);
}

void ExecConversation::add_input(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  input_ += text;
  if (input_.size() > kMostInput) duplex_->pause(true);
  if (ready_) ready_();
}

void ExecConversation::resize(std::string_view document) {
  const auto size = json::parse(document);
  if (!size) return;
  const std::lock_guard lock(mutex_);
  size_ = {.rows = cells((*size)["Height"]), .columns = cells((*size)["Width"])};
  if (ready_) ready_();
}

void ExecConversation::end_input() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  if (ready_) ready_();
}

void ExecConversation::tell() {
  const std::lock_guard lock(mutex_);
  if (ready_) ready_();
}

ExecStreams::Input ExecConversation::take_input() {
  const std::lock_guard lock(mutex_);
  if (input_.size() > kMostInput) duplex_->pause(false);
  return {.text = std::exchange(input_, {}),
          .ended = ended_,
          .size = std::exchange(size_, std::nullopt)};
}

void ExecConversation::on_ready(std::function<void()> ready) {
  const std::lock_guard lock(mutex_);
  ready_ = std::move(ready);
  if (ready_) ready_();
}

}  // namespace pgo::embedded::api
