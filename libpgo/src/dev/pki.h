#pragma once

#include "dev/state_dir.h"
#include "pgo/base/clock.h"
#include "pgo/crypto/certificate.h"

#include <string>

namespace pgo::dev {

/// The certificates of one environment, all signed by its own authority and kept in its state
/// directory, so that clients go on working over a restart.
struct Pki {
  crypto::CertificatePair authority;
  crypto::CertificatePair api;     ///< server of the Kubernetes API
  crypto::CertificatePair rest;    ///< server of the REST service
  crypto::CertificatePair admin;   ///< client with full rights on the Kubernetes API
  crypto::CertificatePair client;  ///< client of the REST service
};

/// Reads `STATE/pki`, making what is missing. Server certificates are renewed when `address`
/// (the IP both servers listen on) differs from the one they were made for.
Result<Pki> load_pki(const StateDir& state, const std::string& address, TimePoint now);

}  // namespace pgo::dev
