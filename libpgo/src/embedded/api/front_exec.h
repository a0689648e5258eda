#pragma once

#include "embedded/api/api.h"
#include "embedded/api/sessions.h"
#include "pgo/http/server.h"

#include <memory>

namespace pgo::embedded::api {

/// Answers pods/NAME/exec by upgrading the connection: exec_conversation.h.
void serve_exec(Api& api, Call call, const http::Request& request,
                const std::shared_ptr<http::Responder>& responder, Sessions& sessions);

/// Answers pods/NAME/log?follow=true as a stream.
void serve_log_stream(Api& api, Call call, const std::shared_ptr<http::Responder>& responder,
                      Sessions& sessions);

/// A failure as an HTTP answer.
http::Response failure_response(const Error& error, const Call* call);

}  // namespace pgo::embedded::api
