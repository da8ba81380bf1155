#pragma once
// Which configurations of a file larger than memory the samples of a training step draw from.

#include <cstdint>
#include <vector>

namespace stint {

/// The samples of a batch are divided among groups (up to 16). A group sees a window of `blocks` blocks of `rows`
/// configurations that lie one after another in the file, and draws from it with replacement. For every `rows` samples
/// that it has drawn, the oldest block makes way for a new one: an epoch goes through the file once. The blocks of an
/// epoch begin at a random configuration, wrap around at the end of the file, and come in a random order, dealt out to
/// the groups in turn. All this is a function of seed and step, not of ranks: a rank holds the windows of its own
/// samples' groups.
class WindowPlan {
public:
  struct Data {
    std::int64_t configurations; ///< to train on, the first of the file
    std::int64_t bytes;          ///< of one of them in memory
    std::int64_t batch;          ///< samples of a step, over all ranks
    std::uint64_t seed;
  };

  /// Windows of all groups, and a block for each on its way, within `memory` bytes. Throws std::invalid_argument if not
  /// even one configuration a group has room, or if all have.
  WindowPlan(const Data& data, std::int64_t memory);

  std::int64_t configurations() const { return data_.configurations; }
  std::int64_t groups() const { return groups_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t blocks() const { return blocks_; }

  std::int64_t group_of(std::int64_t sample) const { return sample * groups_ / data_.batch; }

  /// The blocks of a group have numbers 0, 1, ...; in step `step` it sees first(step, group) and those that follow.
  std::int64_t first(std::int64_t step, std::int64_t group) const;

  /// Blocks [begin, end) of a group.
  struct Range {
    std::int64_t begin, end;
  };
  /// Those that it sees in this step but did not see in the step before; all that it sees if there was none before.
  Range arriving(std::int64_t step, std::int64_t group, bool none_before) const;

  /// The first configuration of a block; the others follow, after the last the first of the file.
  std::int64_t place(std::int64_t group, std::int64_t block);

private:
  Data data_;
  std::int64_t groups_, rows_, blocks_;
  std::int64_t epoch_ = -1; // that of the order
  std::int64_t offset_ = 0;
  std::vector<std::int64_t> order_;
};

} // namespace stint
