#include "src/files/jpeg_file.hpp"

#include "src/files/standard_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csetjmp>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <jpeglib.h> // wants <cstdio> before it

#include <jerror.h>

namespace stint {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

/// What libjpeg calls when it fails, and where to go on after it.
struct Failure {
  jpeg_error_mgr manager{}; // the first member: libjpeg knows no more of this struct
  std::array<char, JMSG_LENGTH_MAX> text{};
  std::jmp_buf place{};
};

void leave(j_common_ptr jpeg) {
  auto* failure = reinterpret_cast<Failure*>(jpeg->err);
  jpeg->err->format_message(jpeg, failure->text.data());
  std::longjmp(failure->place, 1);
}

/// libjpeg goes on after what it calls warnings and makes up what is missing of a picture; here they are failures, but
/// for those that leave the picture whole.
void judge(j_common_ptr jpeg, int level) {
  constexpr std::array harmless = {JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR, JWRN_ADOBE_XFORM};
  if (level < 0 && std::ranges::find(harmless, jpeg->err->msg_code) == harmless.end())
    leave(jpeg);
}

/// libjpeg's struct for reading.
class Jpeg {
public:
  explicit Jpeg(Failure& failure) {
    data.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = leave;
    failure.manager.emit_message = judge;
  }
  ~Jpeg() { jpeg_destroy_decompress(&data); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  jpeg_decompress_struct data{};
};

// libjpeg leaves a function that fails by longjmp, so those that call it have nothing to destroy.

bool read_header(Jpeg& file, std::FILE* stream, Failure& failure) {
  if (setjmp(failure.place) != 0)
    return false;
  jpeg_create_decompress(&file.data);
  jpeg_stdio_src(&file.data, stream);
  jpeg_read_header(&file.data, TRUE);
  return true;
}

bool read_rows(Jpeg& file, Failure& failure, std::vector<JSAMPLE>& row, Picture& picture) {
  if (setjmp(failure.place) != 0)
    return false;
  file.data.out_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&file.data);
  for (std::int64_t y = 0; y < picture.height; ++y) {
    JSAMPROW line = row.data();
    jpeg_read_scanlines(&file.data, &line, 1);
    set_row(picture, y, row);
  }
  jpeg_finish_decompress(&file.data);
  return true;
}

} // namespace

Picture read_jpeg(const std::string& path, std::int64_t most_pixels) {
  const StandardFile stream(std::fopen(path.c_str(), "rbe"));
  if (!stream)
    fail(path, std::string("cannot be opened: ") + std::strerror(errno));
  Failure failure;
  Jpeg file(failure);
  if (!read_header(file, stream.get(), failure))
    fail(path, fmt::format("is a damaged JPEG ({}); get it again or remove it", failure.text.data()));
  const std::int64_t height = file.data.image_height, width = file.data.image_width;
  if (width > most_pixels / height)
    fail(path, fmt::format("has {}x{} pixels, more than --max-pixels {}", height, width, most_pixels));
  const auto space = file.data.jpeg_color_space;
  if (space != JCS_GRAYSCALE && space != JCS_YCbCr && space != JCS_RGB)
    fail(path, "is a JPEG in the colours of print (CMYK); convert it to RGB or remove it");
  Picture picture(height, width, space == JCS_GRAYSCALE ? 1 : 3);
  std::vector<JSAMPLE> row(width * picture.channels);
  if (!read_rows(file, failure, row, picture))
    fail(path, fmt::format("is a damaged or truncated JPEG ({}); get it again or remove it", failure.text.data()));
  return picture;
}

} // namespace stint
