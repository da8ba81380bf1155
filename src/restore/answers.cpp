#include "src/restore/answers.hpp"

#include "src/files/atomic_file.hpp"
#include "src/files/hdf5.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace stint {

Answers::Answers(const PartsFolder& folder, EnsembleHeader header, bool resume)
    : folder_(folder), header_(std::move(header)) {
  if (!resume) {
    folder_.clear();
    return;
  }
  const auto state = folder_.open_state();
  kept_ = state.attribute<std::int64_t>("parts");
  images_ = images_before_ = state.attribute<std::int64_t>("images");
  folder_.check_parts(kept_);
  folder_.remove_after(kept_);
}

Answer Answers::next(const std::string& what, const std::string& key, std::int64_t images,
                     const std::function<Answer()>& make) {
  ++asked_;
  if (asked_ <= kept_)
    return read(key, images);
  const auto begin = std::chrono::steady_clock::now();
  auto answer = make();
  answer.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  answer.images = answer.images.to(torch::kFloat).cpu().contiguous();
  images_ += images;
  keep(answer, key);
  tell(images_ - images_before_, what);
  return answer;
}

Answer Answers::read(const std::string& key, std::int64_t images) const {
  const auto path = folder_.part(asked_);
  const auto file = open_unfinished(path, restore_part_format);
  const auto stored = file.dataset("/images");
  const auto& dims = stored.dims();
  if (file.attribute<std::string>("key") != key || dims.size() < 4 || dims.size() > 5 ||
      dims[dims.size() - 4] != images)
    throw std::runtime_error(path + " does not fit the run: the model or the data were changed since, or the folder is "
                                    "damaged; start again with --overwrite in place of --resume");
  Answer answer{.images = torch::empty(stored.dims(), torch::kFloat),
                .evaluations = file.attribute<double>("evaluations"),
                .seconds = file.attribute<double>("seconds")};
  stored.read_rows<float>(0, {answer.images.data_ptr<float>(), static_cast<std::size_t>(answer.images.numel())});
  return answer;
}

void Answers::keep(const Answer& answer, const std::string& key) const {
  {
    const auto path = folder_.part(asked_);
    AtomicFile target(path, true);
    auto file = hdf5::File::create(target.temporary(), path);
    write_unfinished_header(file, restore_part_format, true, header_);
    file.write<float>("/images", answer.images.sizes().vec(),
                      {answer.images.data_ptr<float>(), static_cast<std::size_t>(answer.images.numel())});
    file.set_attribute("key", key);
    file.set_attribute("evaluations", answer.evaluations);
    file.set_attribute("seconds", answer.seconds);
    file.close();
    target.commit();
  }
  AtomicFile target(folder_.state(), true);
  auto file = hdf5::File::create(target.temporary(), folder_.state());
  write_unfinished_header(file, restore_state_format, true, header_);
  file.set_attribute("parts", asked_);
  file.set_attribute("images", images_);
  file.close();
  target.commit();
}

} // namespace stint
