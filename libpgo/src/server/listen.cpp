#include "pgo/server/rest_service.h"

#include <fstream>
#include <sstream>

namespace pgo::server {
namespace {

/// Where distributions keep the bundle of the system's authorities.
constexpr const char* kSystemBundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                          "/etc/pki/tls/certs/ca-bundle.crt"};

std::string system_authorities() {
  for (const char* path : kSystemBundles) {
    std::ifstream file(path, std::ios::binary);
    if (!file) continue;
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<http::Server>> listen(const RestService& service,
                                             const ListenOptions& options, Log log) {
  http::ServerOptions server;
  server.address = options.address;
  server.port = options.port;
  server.tls = options.tls;
  server.workers = options.workers;
  if (options.tls) {
    server.tls_options.certificate_pem = options.certificate_pem;
    server.tls_options.key_pem = options.key_pem;
    std::string& trust = server.tls_options.client_ca_pem;
    trust = options.certificate_pem + "\n" + options.client_trust_pem;
    if (options.os_trust) trust += "\n" + system_authorities();
  }
  return http::serve(std::move(server), service.handler(), std::move(log));
}

}  // namespace pgo::server
