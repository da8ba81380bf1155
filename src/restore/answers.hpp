#pragma once
// The answers of unfinished restoring, on disk (parts_folder.hpp):
//
//   part-000001.h5, ...   "stint-restore-part": what one method made of one batch of images
//     /images               (N, C, L1, L2), or (draws, N, C, L1, L2), float32
//     attributes            key: what was asked of which images; evaluations for an image, seconds for the batch
//   state.h5              "stint-restore-state": attributes only, the parts and how many images they count

#include "generative/torch.hpp"
#include "src/files/parts_folder.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace stint {

inline constexpr const char* restore_part_format = "stint-restore-part";   ///< attribute "format"
inline constexpr const char* restore_state_format = "stint-restore-state"; ///< the same

/// What a method makes of a batch of images.
struct Answer {
  torch::Tensor images;   ///< (N, C, L1, L2), or (draws, N, C, L1, L2); float32 on the CPU
  double evaluations = 0; ///< of the model, backward ones too, for one image
  double seconds = 0;     ///< for the batch; next() measures them
};

/// The answers of a run in the order in which it asks for them. The first of them are those of an earlier run that was
/// interrupted, the others are made, and kept at once.
class Answers {
public:
  /// Told after each answer that was made how many images have been restored since the start of the program.
  using Tell = std::function<void(std::int64_t images, const std::string& what)>;

  /// With `resume` those in the folder count, else they are removed. Throws std::runtime_error for a folder that is
  /// damaged.
  Answers(const PartsFolder& folder, EnsembleHeader header, bool resume);

  /// The next answer, of this many images; `what` is for the user, `key` tells it from all others. Throws
  /// std::runtime_error if what an earlier run has kept is damaged, has another key, as after a change of the model or
  /// the data, or cannot be written.
  Answer next(const std::string& what, const std::string& key, std::int64_t images,
              const std::function<Answer()>& make);

  std::int64_t images_before() const { return images_before_; } ///< of answers of earlier runs
  std::int64_t images() const { return images_; }               ///< and of those of this one

  Tell tell = [](std::int64_t, const std::string&) {};

private:
  Answer read(const std::string& key, std::int64_t images) const;
  void keep(const Answer& answer, const std::string& key) const;

  const PartsFolder& folder_;
  EnsembleHeader header_;
  std::int64_t kept_ = 0; ///< parts of earlier runs
  std::int64_t asked_ = 0;
  std::int64_t images_before_ = 0, images_ = 0;
};

} // namespace stint
