#include "src/measure/html_page.hpp"

#include <fmt/format.h>

#include <sstream>
#include <vector>

namespace stint {
namespace {

constexpr const char* style =
    R"(body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: 0.2em 0.8em; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 0.9em monospace; background: #f4f4f4; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { padding: 0.8em; }
img { max-width: 100%; })";

std::string escaped(char c) {
  switch (c) {
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '&':
    return "&amp;";
  case '"':
    return "&quot;";
  default:
    return {c};
  }
}

/// Text with its code spans and bold words. The entity &lt; of Markdown stays.
std::string inline_html(std::string_view text) {
  std::string html;
  bool code = false, bold = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!code && text.substr(i).starts_with("**")) {
      html += bold ? "</strong>" : "<strong>";
      bold = !bold;
      ++i;
    } else if (text[i] == '`') {
      html += code ? "</code>" : "<code>";
      code = !code;
    } else {
      const bool entity = !code && text.substr(i).starts_with("&lt;");
      html += entity ? "&" : escaped(text[i]);
    }
  }
  return html;
}

/// The cells of "| a | b |"; bars in code spans do not end one.
std::vector<std::string> cells_of(std::string_view row) {
  std::vector<std::string> cells(1);
  bool code = false;
  for (const char c : row.substr(1)) {
    code ^= c == '`';
    if (c == '|' && !code)
      cells.emplace_back();
    else
      cells.back() += c;
  }
  cells.pop_back(); // what follows the last bar
  for (auto& cell : cells) {
    const auto first = cell.find_first_not_of(' ');
    cell = first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') + 1 - first);
  }
  return cells;
}

std::string row_html(const std::vector<std::string>& cells, const std::vector<std::string>& alignment,
                     const char* element) {
  std::string html = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i)
    html += fmt::format("<{0}{1}>{2}</{0}>", element, alignment.at(i).ends_with(':') ? " class=\"number\"" : "",
                        inline_html(cells[i]));
  return html + "</tr>\n";
}

/// A table: head, alignment and rows. A head of empty cells is left out.
std::string table_html(const std::vector<std::string>& lines) {
  const auto head = cells_of(lines.at(0)), alignment = cells_of(lines.at(1));
  std::string html = "<table>\n";
  if (lines[0].find_first_not_of("| ") != std::string::npos)
    html += row_html(head, alignment, "th");
  for (std::size_t i = 2; i < lines.size(); ++i)
    html += row_html(cells_of(lines[i]), alignment, "td");
  return html + "</table>\n";
}

/// Consecutive lines of one kind: all begin with `mark`.
std::vector<std::string> run_of(const std::vector<std::string>& lines, std::size_t first, std::string_view mark) {
  std::vector<std::string> run;
  for (; first < lines.size() && lines[first].starts_with(mark); ++first)
    run.push_back(lines[first]);
  return run;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

bool begins_a_block(std::string_view line) {
  return line.empty() || line.starts_with('#') || line.starts_with('|') || line.starts_with("- ") ||
         line.starts_with("    ") || line.starts_with("![");
}

} // namespace

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k <= bytes.size() ? digits[word >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

std::string html_page(std::string_view markdown, std::string_view png) {
  const auto lines = lines_of(markdown);
  std::string body, title;
  for (std::size_t i = 0; i < lines.size();) {
    const std::string& line = lines[i];
    std::vector<std::string> run = {line};
    if (line.starts_with('#')) {
      const auto level = line.find(' ');
      const auto text = inline_html(line.substr(level + 1));
      body += fmt::format("<h{0}>{1}</h{0}>\n", level, text);
      if (title.empty())
        for (const char c : line.substr(level + 1))
          title += c == '`' ? "" : escaped(c);
    } else if (line.starts_with('|')) {
      run = run_of(lines, i, "|");
      body += table_html(run);
    } else if (line.starts_with("- ")) {
      run = run_of(lines, i, "- ");
      body += "<ul>\n";
      for (const auto& item : run)
        body += "<li>" + inline_html(item.substr(2)) + "</li>\n";
      body += "</ul>\n";
    } else if (line.starts_with("    ")) {
      body += "<pre>";
      for (const char c : line.substr(4))
        body += escaped(c);
      body += "</pre>\n";
    } else if (line.starts_with("![")) {
      const auto words = inline_html(line.substr(2, line.find("](") - 2));
      body += fmt::format("<p><img alt=\"{}\" src=\"data:image/png;base64,{}\"></p>\n", words, base64(png));
    } else if (!line.empty()) {
      std::string paragraph = line;
      while (i + run.size() < lines.size() && !begins_a_block(lines[i + run.size()])) {
        paragraph += "\n" + lines[i + run.size()];
        run.push_back(lines[i + run.size()]);
      }
      body += "<p>" + inline_html(paragraph) + "</p>\n";
    }
    i += run.size();
  }
  return fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
                     "charset=\"utf-8\">\n<title>{}</title>\n<style>\n{}\n</style>\n"
                     "</head>\n<body>\n{}</body>\n</html>\n",
                     title, style, body);
}

} // namespace stint
