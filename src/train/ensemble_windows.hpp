#pragma once
// An ensemble larger than memory as training data: windows on its file that move on while training goes on.

#include "generative/training/training_data.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/files/read_ahead.hpp"
#include "src/train/window_plan.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace stint {

/// The windows of the groups that some samples of the batch belong to. Steps are asked for in ascending order (another
/// order works, slowly: windows are filled anew). A thread reads the blocks of the next steps; what it throws, one line
/// naming the file, comes out of choice().
class EnsembleWindows : public TrainingData {
public:
  /// Of samples [first_sample, last_sample). `files` is held while HDF5 is used, which is not thread-safe: others that
  /// use it during training hold it too. It and the ensemble must outlive the windows.
  EnsembleWindows(const EnsembleReader& ensemble, const WindowPlan& plan, std::int64_t first_sample,
                  std::int64_t last_sample, std::mutex& files);

  std::int64_t group_of(std::int64_t sample) const override { return plan_.group_of(sample); }
  Choice choice(std::int64_t step, std::int64_t group) override;

private:
  /// Configurations of a block, or of a window, where block n lies in place n % blocks.
  struct Piece {
    std::vector<float> configurations;
    SiteSums sums;
  };
  /// The blocks in the order in which they are wanted, from `step_` on.
  class Blocks {
  public:
    Blocks(const EnsembleWindows& windows, std::int64_t step);
    Piece next();

  private:
    Piece read(std::int64_t first) const;
    const EnsembleWindows& windows_;
    WindowPlan plan_;
    std::int64_t step_, group_;
    bool none_before_ = true;
    WindowPlan::Range range_;
  };
  void advance(bool none_before);

  const EnsembleReader& ensemble_;
  WindowPlan plan_;
  std::mutex& files_;
  std::mutex choosing_;
  std::int64_t numbers_, step_ = -1, first_group_, last_group_;
  std::map<std::int64_t, Piece> windows_;
  std::optional<ReadAhead<Piece>> reader_; // last: its thread ends first
};

} // namespace stint
