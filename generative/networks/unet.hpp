#pragma once
// The network: a small U-Net on a lattice, periodic or with open boundaries.

#include "generative/layout.hpp"
#include "generative/torch.hpp"

namespace stint {

struct UNetOptions {
  int dimensions = 2; ///< of the lattice, 1 to 3
  Boundary boundary = Boundary::periodic;
  int planes = 3;    ///< input fields
  int features = 12; ///< input numbers for each configuration
  int outputs = 1;   ///< output fields
  int channels = 16; ///< on the finest level; each coarser one has twice as many, up to `widening` times
  int widening = 2;
  int levels = 3; ///< each coarser by 2; periodic extents must be divisible by 2^(levels - 1)
  int blocks = 1; ///< residual blocks on each level, both on the way down and on the way up
};

/// (planes (N, planes, L1, ..., Ld), features (N, features)) -> fields (N, outputs, L1, ..., Ld).
/// Convolutions of width 3, with zeros beyond open boundaries, where extents that the levels do not divide are filled
/// up with zeros for the coarser levels; on every level residual blocks
///   x + conv(silu((1 + a) conv(silu(x)) + b)),   (a, b) a function of the features, on the way up also of the averages
///   over the lattice of
/// what the coarsest level has found;
/// averages of 2^d sites on the way down, copies on the way up, added to what was there on the way down. To the result
/// a constant is added, another function of the features and averages: the zero mode, one of very many, would not get
/// its due from what all sites share.
class UNetImpl : public torch::nn::Module {
public:
  /// Random initial weights are a function of the seed alone, half of the variance of each kernel at its centre;
  /// residual blocks start as the identity, the output as 0.
  UNetImpl(const UNetOptions& options, std::uint64_t seed);

  /// Convolutions run in `type` (kFloat or kBFloat16), parameters and the result are float32.
  torch::Tensor forward(const torch::Tensor& planes, const torch::Tensor& features, torch::ScalarType type);

private:
  struct Affine {
    torch::Tensor weight, bias;
  };
  struct Block {
    Affine first, second, modulation;
  };

  Affine add_affine(const std::string& name, std::vector<std::int64_t> shape, double scale);
  Block add_block(const std::string& name, std::int64_t channels);
  torch::Tensor convolve(const torch::Tensor& x, const Affine& affine) const;
  torch::Tensor apply(const Block& block, torch::Tensor x, const torch::Tensor& embedding) const;

  UNetOptions options_;
  std::uint64_t seed_;
  Affine embed_first_, embed_second_, pool_, input_, output_, constant_first_, constant_second_;
  std::vector<std::vector<Block>> down_, up_; // by level
  std::vector<Affine> widen_, narrow_;        // pointwise changes of the number of channels between level l and l + 1
};
TORCH_MODULE(UNet);

} // namespace stint
