#pragma once
// The table of peers: what each is called, its default settings (published ones for box and random), and
// what tuning tries.

#include "generative/images/restoration/peers.hpp"

namespace stint {

/// A peer with its settings.
struct Peer {
  std::string settings; ///< for the user: "exponent 0.5"
  std::function<torch::Tensor(Flow&, const Problem&, const torch::Tensor& y, const Normals&)> restore;
};

struct PeerRow {
  const char* name;
  const char* summary;
  /// For a problem by its name: the default settings, then those that tuning tries.
  std::vector<Peer> (*candidates)(const std::string& problem);
};

const std::vector<PeerRow>& peer_rows();

} // namespace stint
