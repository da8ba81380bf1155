#include "src/pictures/colour_scale.hpp"
#include "src/pictures/for_each.hpp"
#include "src/pictures/sheet.hpp"
#include "src/pictures/transform.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

namespace stint {
namespace {

/// 0, 1, 2, ... in the order of the values.
Picture counting(std::int64_t h, std::int64_t w, std::int64_t c) {
  Picture picture(h, w, c);
  std::iota(picture.values.begin(), picture.values.end(), 0.0F);
  return picture;
}

TEST(Pictures, EveryByteComesBack) {
  for (int byte = 0; byte < 256; ++byte)
    EXPECT_EQ(byte_of_value(value_of_byte(static_cast<std::uint8_t>(byte))), byte);
  EXPECT_EQ(value_of_byte(0), -1);
  EXPECT_EQ(value_of_byte(255), 1);
  EXPECT_EQ(byte_of_value(-7), 0);
  EXPECT_EQ(byte_of_value(7), 255);
  EXPECT_EQ(byte_of_value(std::nan("")), 0);
}

TEST(Pictures, TheCropIsTheMiddle) {
  const auto cut = centre_crop(counting(5, 4, 2), 2, 2);
  EXPECT_EQ(cut.values, (std::vector<float>{5, 6, 9, 10, 25, 26, 29, 30}));
}

TEST(Pictures, HalvingWeighsFourPixels) {
  Picture row(2, 8, 1);
  row.at(0, 0, 3) = row.at(0, 1, 3) = 8; // one white column
  const auto half = resize(row, 2, 4);   // weights 1, 3, 3, 1 of 8 around each new pixel
  EXPECT_EQ(half.values, (std::vector<float>{0, 3, 1, 0, 0, 3, 1, 0}));
}

TEST(Pictures, ResizingKeepsConstantsAndSize) {
  Picture flat(7, 5, 3);
  std::ranges::fill(flat.values, 0.25F);
  for (const auto& [h, w] : {std::pair{3, 2}, std::pair{20, 11}, std::pair{7, 5}})
    for (const float value : resize(flat, h, w).values)
      EXPECT_FLOAT_EQ(value, 0.25F);
  EXPECT_EQ(resize(counting(7, 5, 3), 7, 5).values, counting(7, 5, 3).values);
}

TEST(Pictures, GreyAndColour) {
  Picture picture(1, 2, 3);
  picture.values = {1, 0, 0, 1, 0, 0}; // red, green
  EXPECT_EQ(grey(picture).values, (std::vector<float>{0.299F, 0.587F}));
  EXPECT_EQ(colour(grey(picture)).values, (std::vector<float>{0.299F, 0.587F, 0.299F, 0.587F, 0.299F, 0.587F}));
}

TEST(Pictures, ScalesEndInTheirColours) {
  Picture field(1, 3, 1);
  field.values = {-9, 1, 5};
  const auto plain = ColourScale{.low = -3, .high = 5, .diverging = false}(field);
  EXPECT_EQ(plain.values, (std::vector<float>{-1, 0, 1}));
  const auto diverging = ColourScale{.low = -3, .high = 5, .diverging = true}(field);
  for (std::int64_t c = 0; c < 3; ++c)
    EXPECT_EQ(diverging.at(c, 0, 1), 1) << "the middle is white";
  EXPECT_LT(diverging.at(0, 0, 0), diverging.at(2, 0, 0));
  EXPECT_GT(diverging.at(0, 0, 2), diverging.at(2, 0, 2));
}

TEST(Pictures, SheetsHaveWhiteGaps) {
  const std::vector<Picture> three(3, Picture(1, 1, 1));
  const auto sheet = contact_sheet(three, 2, 2, 1);
  EXPECT_EQ(sheet.text(), "5x5");
  EXPECT_EQ(std::ranges::count(sheet.values, 0.0F), 3);
  EXPECT_EQ(sheet.at(0, 3, 3), 1) << "the cell without a picture";
  EXPECT_EQ(magnify(counting(1, 2, 1), 2).values, (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1}));
}

TEST(Pictures, TheFirstErrorCounts) {
  try {
    for_each_picture(100, [](std::int64_t i) {
      if (i % 10 == 7)
        throw std::runtime_error(std::to_string(i));
    });
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()), "7");
  }
}

} // namespace
} // namespace stint
