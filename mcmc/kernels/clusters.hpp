#pragma once
// One Swendsen-Wang sweep of the signs of a group: see mcmc/cluster.hpp for what it does and why.

#include "mcmc/kernels/normals.hpp"

namespace stint::STINT_INSTRUCTION_SET {

/// The labels of one slice.
typedef std::int32_t Labels __attribute__((vector_size(register_bytes), may_alias));
inline constexpr int label_width = register_bytes / 4;

/// table[index] in every element
inline Labels gather(const std::int32_t* table, Labels index) {
#if defined(__AVX512F__)
  return reinterpret_cast<Labels>(
      _mm512_mask_i32gather_epi32(__m512i{}, 0xFFFF, reinterpret_cast<__m512i>(index), table, 4));
#elif defined(__AVX2__)
  return reinterpret_cast<Labels>(_mm256_i32gather_epi32(table, reinterpret_cast<__m256i>(index), 4));
#else
  Labels values;
  for (int i = 0; i < label_width; ++i)
    values[i] = table[index[i]];
  return values;
#endif
}

/// A bit for each element of a comparison, true ones set.
inline std::uint32_t mask_of(Words<float> comparison) {
#if defined(__AVX512F__)
  return _mm512_movepi32_mask(reinterpret_cast<__m512i>(comparison));
#elif defined(__AVX__)
  return static_cast<std::uint32_t>(_mm256_movemask_ps(reinterpret_cast<__m256>(comparison)));
#elif defined(__SSE2__)
  return static_cast<std::uint32_t>(_mm_movemask_ps(reinterpret_cast<__m128>(comparison)));
#else
  std::uint32_t mask = 0;
  for (int i = 0; i < Simd<float>::width; ++i)
    mask |= (comparison[i] & 1) << i;
  return mask;
#endif
}
inline std::uint32_t mask_of(Words<double> comparison) {
#if defined(__AVX512F__)
  return _mm512_movepi64_mask(reinterpret_cast<__m512i>(comparison));
#elif defined(__AVX__)
  return static_cast<std::uint32_t>(_mm256_movemask_pd(reinterpret_cast<__m256d>(comparison)));
#elif defined(__SSE2__)
  return static_cast<std::uint32_t>(_mm_movemask_pd(reinterpret_cast<__m128d>(comparison)));
#else
  std::uint32_t mask = 0;
  for (int i = 0; i < Simd<double>::width; ++i)
    mask |= static_cast<std::uint32_t>(comparison[i] & 1) << i;
  return mask;
#endif
}

/// The four words of a block, for the chains of one slice of 32-bit elements.
inline void words_of_block(const LaneStreams& streams, const RoundKeys& keys, std::uint32_t block, std::uint32_t chain,
                           Words<float>* out) {
  const Block even = block_of(streams, keys, block, chains_from(chain, 2));
  const Block odd = block_of(streams, keys, block, chains_from(chain + 1, 2));
  for (int i = 0; i < 4; ++i)
    out[i] = reinterpret_cast<Words<float>>((even.word[i] & lower_half) | odd.word[i] << 32);
}

/// Four exponential variates -ln u, u = (word + 1/2) 2^-32, for the chains of one slice.
inline void exponentials_of_block(const LaneStreams& streams, const RoundKeys& keys, std::uint32_t block,
                                  std::uint32_t chain, Vector<float>* out) {
  Words<float> words[4];
  words_of_block(streams, keys, block, chain, words);
  for (int i = 0; i < 4; ++i)
    out[i] = -logarithm<float>(uniform(words[i]));
}
inline void exponentials_of_block(const LaneStreams& streams, const RoundKeys& keys, std::uint32_t block,
                                  std::uint32_t chain, Vector<double>* out) {
  const Block bits = block_of(streams, keys, block, chains_from(chain, 1));
  for (int i = 0; i < 4; ++i)
    out[i] = -logarithm<double>((to_real<double>(bits.word[i] & lower_half) + 0.5) * 0x1p-32);
}

/// Decides all bonds of one kind: those in direction mu, or for mu = d those to the ghost.
template<class Real>
inline void draw_bonds(const ClusterGroup<Real>& g, const LaneStreams& streams, const RoundKeys& keys,
                       std::uint32_t first_block, int mu) {
  const bool ghost = mu == g.directions;
  for (std::int64_t first = 0; first < g.sites; first += 4) {
    const auto block = first_block + static_cast<std::uint32_t>(first / 4);
    const int here = first + 4 <= g.sites ? 4 : static_cast<int>(g.sites - first);
    std::uint32_t masks[4] = {};
    for (int lane = 0; lane < lanes; lane += Simd<Real>::width) {
      Vector<Real> exponential[4];
      exponentials_of_block(streams, keys, block, streams.first_chain + lane, exponential);
      for (int i = 0; i < here; ++i) {
        const std::int64_t x = first + i;
        const Vector<Real> phi = load(g.phi + x * lanes + lane);
        const Vector<Real> doubled_coupling =
            ghost ? 2 * g.source * phi
                  : 4 * (phi * load(g.phi + std::int64_t{g.neighbours[(x * g.directions + mu) * 2]} * lanes + lane));
        masks[i] |= mask_of(reinterpret_cast<Words<Real>>(exponential[i] < doubled_coupling)) << lane;
      }
    }
    for (int i = 0; i < here; ++i)
      g.bonds[(first + i) * (g.directions + 1) + mu] = static_cast<std::uint16_t>(masks[i]);
  }
}

/// The root of a label; shortens the path to it. `labels` are those of one lane.
inline std::int32_t root_of(std::int32_t* labels, std::int32_t label) {
  std::int32_t parent = labels[std::int64_t{label} * lanes];
  while (parent != label) {
    const std::int32_t grandparent = labels[std::int64_t{parent} * lanes];
    labels[std::int64_t{label} * lanes] = grandparent;
    label = grandparent;
    parent = labels[std::int64_t{label} * lanes];
  }
  return label;
}

/// Joins the clusters of two labels under the smaller root and returns that.
inline std::int32_t join(std::int32_t* labels, std::int32_t a, std::int32_t b) {
  a = root_of(labels, a), b = root_of(labels, b);
  const std::int32_t small = a < b ? a : b, large = a < b ? b : a;
  labels[std::int64_t{large} * lanes] = small;
  return small;
}

/// Gives every site x a label in 1 ... x + 1: its own, x + 1, or a smaller one of its cluster, 0 being the ghost
/// (Hoshen & Kopelman, doi:10.1103/PhysRevB.14.3438). A bond is looked at from the later of its sites, so that all
/// labels it joins exist and one pass is enough. Lanes whose label has to be joined with another are few.
template<class Real> inline void label_clusters(const ClusterGroup<Real>& g) {
  Labels bit;
  for (int i = 0; i < label_width; ++i)
    bit[i] = 1 << i;
  for (int lane = 0; lane < lanes; ++lane)
    g.labels[lane] = 0;
  for (std::int64_t x = 0; x < g.sites; ++x)
    for (int first = 0; first < lanes; first += label_width) {
      std::int32_t* const table = g.labels + first;
      std::int32_t* const here = table + (x + 1) * lanes;
      const auto own = static_cast<std::int32_t>(x + 1);
      Labels label = Labels{} + own;
      const auto look_at = [&](std::uint32_t bonds, std::int64_t site) {
        const std::int32_t* const there = table + (site + 1) * lanes;
        const Labels other = *reinterpret_cast<const Labels*>(there);
        const Labels bonded = ((Labels{} + static_cast<std::int32_t>(bonds >> first)) & bit) != 0;
        std::uint32_t to_join = mask_of(reinterpret_cast<Words<float>>(bonded & (label != own) & (label != other)));
        if (to_join)
          *reinterpret_cast<Labels*>(here) = label;
        for (; to_join; to_join &= to_join - 1) {
          const int lane = __builtin_ctz(to_join);
          join(table + lane, here[lane], there[lane]);
        }
        label = (bonded & (other < label)) ? other : label;
      };
      for (int mu = 0; mu < g.directions; ++mu) {
        const std::int32_t* const neighbours = g.neighbours + (x * g.directions + mu) * 2;
        const std::int64_t forward = neighbours[0], backward = neighbours[1];
        if (backward < x)
          look_at(g.bonds[backward * (g.directions + 1) + mu], backward);
        if (forward < x)
          look_at(g.bonds[x * (g.directions + 1) + mu], forward);
      }
      if (g.source != 0)
        look_at(g.bonds[x * (g.directions + 1) + g.directions], -1);
      *reinterpret_cast<Labels*>(here) = label;
    }
}

/// Changes the sign of a slice where the bit that `signs` may have set is the uppermost.
template<class Real> inline void change_signs(Real* phi, Labels signs) {
  constexpr int width = Simd<Real>::width, shift = 8 * sizeof(Real) - 32;
  for (int first = 0; first < label_width; first += width) {
    Words<Real> sign;
    for (int i = 0; i < width; ++i)
      sign[i] = static_cast<typename Simd<Real>::Word>(static_cast<std::uint32_t>(signs[first + i])) << shift;
    store<Real>(phi + first, real_of<Real>(bits_of<Real>(load(phi + first)) ^ sign));
  }
}

/// Flips the clusters whose root, their smallest site, has a random bit set. The labels become sign bits, roots first
/// because no label is larger than its site's own.
template<class Real>
inline void flip_labelled(const ClusterGroup<Real>& g, const LaneStreams& streams, const RoundKeys& keys,
                          std::uint32_t first_block) {
  constexpr int slices = lanes / label_width;
  constexpr int sites_of_block = 128;
  Labels lane;
  for (int i = 0; i < label_width; ++i)
    lane[i] = i;
  for (std::int64_t begin = 0; begin < g.sites; begin += sites_of_block) {
    Words<float> words[slices][4];
    for (int slice = 0; slice < slices; ++slice)
      words_of_block(streams, keys, first_block + static_cast<std::uint32_t>(begin / sites_of_block),
                     streams.first_chain + slice * label_width, words[slice]);
    const std::int64_t end = begin + sites_of_block < g.sites ? begin + sites_of_block : g.sites;
    for (std::int64_t x = begin; x < end; ++x)
      for (int slice = 0; slice < slices; ++slice) {
        const int first = slice * label_width;
        Labels& here = *reinterpret_cast<Labels*>(g.labels + (x + 1) * lanes + first);
        const Labels of_root = gather(g.labels + first, here * lanes + lane);
        const auto drawn = reinterpret_cast<Labels>(words[slice][x / 32 % 4] << (31 - x % 32) & 0x80000000);
        here = here == static_cast<std::int32_t>(x + 1) ? drawn : of_root;
        change_signs(g.phi + x * lanes + first, here);
      }
  }
}

template<class Real>
void flip_clusters(const ClusterGroup<Real>& g, const LaneStreams& streams, std::uint32_t first_block) {
  const RoundKeys keys(streams.seed);
  const auto blocks = static_cast<std::uint32_t>((g.sites + 3) / 4);
  const int kinds = g.source != 0 ? g.directions + 1 : g.directions;
  for (int mu = 0; mu < kinds; ++mu)
    draw_bonds(g, streams, keys, first_block + mu * blocks, mu);
  label_clusters(g);
  flip_labelled(g, streams, keys, first_block + (g.directions + 1) * blocks);
}

} // namespace stint::STINT_INSTRUCTION_SET
