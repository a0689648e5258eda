#include "fuzz/fuzz.h"
#include "pgo/kube/kubeconfig.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace pgo;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("pgo-fuzz-" + std::to_string(::getpid()));
  std::ofstream(file, std::ios::binary) << fuzz::view(data, size);
  const auto settings = kube::load_kubeconfig({file});
  std::filesystem::remove(file);
  if (!settings) {
    fuzz::require(!settings.error().message.empty(), "a refusal says why");
    // As a token, and nowhere else in the file where a name would be quoted.
    const std::string_view text = fuzz::view(data, size);
    const std::size_t secret = text.find("token: s3cret}");
    if (secret != std::string_view::npos && text.find("s3cret") == text.rfind("s3cret")) {
      fuzz::require(settings.error().text().find("s3cret") == std::string::npos,
                    "and keeps the secret");
    }
    return 0;
  }
  fuzz::require(!settings->transport.server.empty(), "there is a server to talk to");
  fuzz::require(
      settings->transport.tls.certificate_pem.empty() == settings->transport.tls.key_pem.empty(),
      "certificate and key go together");
  (void)kube::HttpTransport::create(settings->transport, Log());
  return 0;
}
