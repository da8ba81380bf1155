#pragma once
// A report as one HTML page that needs no other file.

#include <string>
#include <string_view>

namespace stint {

/// The page of a report of markdown_report() (comparison_report.hpp): headings, paragraphs, lists, tables, indented
/// commands, code spans and bold words; no other Markdown. Its first heading is the title. Pictures are replaced by
/// `png`, the bytes of a PNG file, in base64. The page has no scripts and asks no other address for anything.
std::string html_page(std::string_view markdown, std::string_view png);

/// RFC 4648, section 4.
std::string base64(std::string_view bytes);

} // namespace stint
