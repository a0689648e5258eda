#pragma once

#include "embedded/api/api.h"
#include "embedded/api/sessions.h"
#include "pgo/http/server.h"

#include <memory>

namespace pgo::embedded::api {

/// Answers pods/NAME/exec by upgrading to a WebSocket with the subprotocols v5.channel.k8s.io or
/// v4.channel.k8s.io. Source: Kubernetes, "kubectl exec" over WebSockets (KEP-4006).
void serve_exec(Api& api, Call call, const http::Request& request,
                const std::shared_ptr<http::Responder>& responder, Sessions& sessions);

/// Answers pods/NAME/log?follow=true as a stream.
void serve_log_stream(Api& api, Call call, const std::shared_ptr<http::Responder>& responder,
                      Sessions& sessions);

/// A failure as an HTTP answer.
http::Response failure_response(const Error& error, const Call* call);

}  // namespace pgo::embedded::api
