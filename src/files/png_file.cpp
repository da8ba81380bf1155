#include "src/files/png_file.hpp"

#include "src/files/standard_file.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csetjmp>
#include <cstring>
#include <png.h>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

/// What libpng said, and where to go on after it.
struct Failure {
  std::array<char, 200> text{};
  std::jmp_buf place{};
};

void remember(png_structp png, png_const_charp text) {
  auto* failure = static_cast<Failure*>(png_get_error_ptr(png));
  std::strncpy(failure->text.data(), text, failure->text.size() - 1);
  std::longjmp(failure->place, 1);
}
void pass_over(png_structp /*png*/, png_const_charp /*warning*/) {}

/// libpng's two structs for reading, or for writing.
class Png {
public:
  enum class Use { reading, writing };
  Png(Use use, Failure& failure) : use_(use) {
    const auto create = use == Use::reading ? png_create_read_struct : png_create_write_struct;
    png = create(PNG_LIBPNG_VER_STRING, &failure, remember, pass_over);
    info = png ? png_create_info_struct(png) : nullptr;
    if (!info) {
      release();
      throw std::bad_alloc();
    }
  }
  ~Png() { release(); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  png_structp png = nullptr;
  png_infop info = nullptr;

private:
  void release() {
    if (use_ == Use::reading)
      png_destroy_read_struct(&png, &info, nullptr);
    else
      png_destroy_write_struct(&png, &info);
  }
  Use use_;
};

// libpng leaves a function that fails by longjmp, so those that call it have nothing to destroy.

struct Header {
  std::int64_t height = 0, width = 0, channels = 0; ///< 1 or 3, and 1 for transparency
};

bool read_header(const Png& file, std::FILE* stream, Failure& failure, Header& header) {
  if (setjmp(failure.place) != 0)
    return false;
  png_init_io(file.png, stream);
  png_set_user_limits(file.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); // the limit is that of the pixels
  png_read_info(file.png, file.info);
  png_set_expand(file.png);
  png_set_scale_16(file.png);
  png_set_interlace_handling(file.png);
  png_read_update_info(file.png, file.info);
  header.height = png_get_image_height(file.png, file.info);
  header.width = png_get_image_width(file.png, file.info);
  header.channels = png_get_channels(file.png, file.info);
  return true;
}

bool read_rows(const Png& file, Failure& failure, std::vector<png_bytep>& rows) {
  if (setjmp(failure.place) != 0)
    return false;
  png_read_image(file.png, rows.data());
  png_read_end(file.png, nullptr);
  return true;
}

bool write_rows(const Png& file, std::FILE* stream, Failure& failure, const Picture& picture,
                std::vector<png_bytep>& rows) {
  if (setjmp(failure.place) != 0)
    return false;
  png_init_io(file.png, stream);
  png_set_IHDR(file.png, file.info, static_cast<png_uint_32>(picture.width), static_cast<png_uint_32>(picture.height),
               8, picture.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(file.png, file.info);
  png_write_image(file.png, rows.data());
  png_write_end(file.png, file.info);
  return true;
}

std::vector<png_bytep> row_pointers(std::vector<png_byte>& bytes, std::int64_t height) {
  std::vector<png_bytep> rows(height);
  for (std::int64_t y = 0; y < height; ++y)
    rows[y] = bytes.data() + y * (std::ssize(bytes) / height);
  return rows;
}

/// Takes the last channel as the opacity of what lies on white.
void lay_on_white(std::vector<png_byte>& bytes, std::int64_t channels) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < bytes.size(); from += channels) {
    const int opacity = bytes[from + channels - 1];
    for (std::int64_t c = 0; c < channels - 1; ++c)
      bytes[to++] = static_cast<png_byte>((bytes[from + c] * opacity + 255 * (255 - opacity) + 127) / 255);
  }
  bytes.resize(to);
}

} // namespace

Picture read_png(const std::string& path, std::int64_t most_pixels) {
  const StandardFile stream(std::fopen(path.c_str(), "rbe"));
  if (!stream)
    fail(path, std::string("cannot be opened: ") + std::strerror(errno));
  Failure failure;
  const Png file(Png::Use::reading, failure);
  Header header;
  if (!read_header(file, stream.get(), failure, header))
    fail(path, fmt::format("is a damaged PNG ({}); get it again or remove it", failure.text.data()));
  if (header.width > most_pixels / header.height)
    fail(path, fmt::format("has {}x{} pixels, more than --max-pixels {}", header.height, header.width, most_pixels));
  std::vector<png_byte> bytes(header.height * header.width * header.channels);
  auto rows = row_pointers(bytes, header.height);
  if (!read_rows(file, failure, rows))
    fail(path, fmt::format("is a damaged or truncated PNG ({}); get it again or remove it", failure.text.data()));
  const bool transparent = header.channels % 2 == 0;
  if (transparent)
    lay_on_white(bytes, header.channels);
  Picture picture(header.height, header.width, header.channels - (transparent ? 1 : 0));
  const std::int64_t row = picture.width * picture.channels;
  for (std::int64_t y = 0; y < picture.height; ++y)
    set_row(picture, y, std::span(bytes).subspan(y * row, row));
  return picture;
}

void write_png(const std::string& path, const std::string& shown, const Picture& picture) {
  StandardFile stream(std::fopen(path.c_str(), "wbe"));
  if (!stream)
    fail(shown, std::string("cannot be written: ") + std::strerror(errno));
  std::vector<png_byte> bytes;
  bytes.reserve(picture.values.size());
  for (std::int64_t y = 0; y < picture.height; ++y)
    for (std::int64_t x = 0; x < picture.width; ++x)
      for (std::int64_t c = 0; c < picture.channels; ++c)
        bytes.push_back(byte_of_value(picture.at(c, y, x)));
  auto rows = row_pointers(bytes, picture.height);
  Failure failure;
  errno = 0;
  {
    const Png file(Png::Use::writing, failure);
    if (!write_rows(file, stream.get(), failure, picture, rows))
      fail(shown, fmt::format("cannot be written: {}", errno != 0 ? std::strerror(errno) : failure.text.data()));
  }
  if (std::fclose(stream.release()) != 0)
    fail(shown, std::string("cannot be written: ") + std::strerror(errno));
}

} // namespace stint
